// Runs commands that need no running gateway (check, explain) as processes.

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export interface CliOutput {
  readonly code: number | null
  readonly text: string
}

const executable = resolve(import.meta.dirname, '../../bin/einlass.mjs')

export function run(words: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<CliOutput> {
  const child = spawn(process.execPath, [executable, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk))
  return new Promise((done, reject) => {
    child.once('error', reject)
    child.once('close', (code) => done({ code, text }))
  })
}

/** Runs a command with a configuration file of this text; `words` are the arguments around the file name. */
export async function withConfiguration(
  text: string,
  words: (file: string) => readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<CliOutput> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-attack-'))
  try {
    const file = join(folder, 'einlass.yaml')
    await writeFile(file, text)
    return await run(words(file), env)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
