// Prepares the files of a configuration in memory, and loads them as the gateway would before anything is written.

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfiguration } from '../../config/load/load.ts'
import { printProblem } from '../../config/load/problem.ts'
import { jsonSchema } from '../../config/schema/schema.ts'
import { configurationText, fileNames } from './configuration-text.ts'
import type { DialogueResult } from './dialogue.ts'
import type { Messages } from './messages/en.ts'
import { ownAuthorities } from './own-authorities.ts'
import { serviceFolder } from './service.ts'
import type { FileToWrite } from './write-files.ts'

/** Rejects, with every problem, when the configuration would not be valid. */
export async function prepareFiles(
  { answers: given, clientSecret }: Pick<DialogueResult, 'answers' | 'clientSecret'>,
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  t: Messages,
): Promise<readonly FileToWrite[]> {
  const copied = directory === serviceFolder ? await ownAuthorities(given, directory) : { answers: given, files: [] }
  const text = configurationText(copied.answers, t)
  const files: readonly FileToWrite[] = [
    { name: fileNames.configuration, content: text, mode: 0o640 },
    { name: fileNames.schema, content: `${JSON.stringify(jsonSchema(), undefined, 2)}\n`, mode: 0o644 },
    { name: fileNames.secretKey, content: `${randomBytes(32).toString('base64')}\n`, mode: 0o600 },
    { name: fileNames.clientSecret, content: `${clientSecret}\n`, mode: 0o600 },
    ...copied.files,
  ]
  const prepared = new Map(files.map(({ name, content }) => [join(directory, name), Buffer.from(content)]))
  const file = join(directory, fileNames.configuration)
  const loaded = await loadConfiguration({
    file,
    text,
    env,
    readFile: async (path) => prepared.get(path) ?? readFile(path),
  })
  if (loaded.state === 'valid') return files
  const problems = loaded.problems.map((problem) => `  ${printProblem({ ...problem, file: fileNames.configuration })}`)
  throw new Error([t.write.invalid, ...problems].join('\n'))
}
