// Files that `serve` would open: what it could not open is said by `check` and at the start, and nothing is created.

import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unusableFiles } from '../../src/server/files/unusable-files.ts'
import { whyNotWritable } from '../../src/server/files/writable.ts'
import { openGateway } from '../../src/server/workers/open.ts'
import { env, folder, load, smallest } from '../config/config-fixtures.ts'

async function found(more: string, files: Readonly<Record<string, string>> = {}) {
  const loaded = await load(smallest + more, files)
  if (loaded.state === 'invalid') throw new Error(JSON.stringify(loaded.problems))
  return unusableFiles(loaded.configuration)
}

const posture = '  postures: { laptop: { managed: true, max_age: 1d } }\n'

describe('a file that cannot be opened', () => {
  test.each([
    [
      'an inventory',
      `devices:\n  sources: [{ kind: inventory, name: a, file: d.csv }]\n${posture}`,
      'devices.sources.0.file',
    ],
    ['a store', 'store: sqlite:d.csv\n', 'store'],
    ['the audit', 'audit: { file: { path: d.csv/audit.jsonl } }\n', 'audit.file.path'],
  ])('%s is a problem at its key', async (_what, more, path) => {
    const problems = await found(more, { 'd.csv': 'no database, no inventory and no folder' })
    expect(problems).toMatchObject([{ weight: 'problem', path: path.split('.').map((one) => (one === '0' ? 0 : one)) }])
  })

  test('is named at the start with file and line, and nothing is started', async () => {
    const path = await folder({
      'einlass.yaml': `${smallest}devices:\n  sources: [{ kind: inventory, name: a, file: d.csv }]\n${posture}`,
      'd.csv': 'rubbish',
    })
    const started = await openGateway({ file: join(path, 'einlass.yaml'), env, logLevel: 'silent' })
    expect(started).toMatchObject({
      state: 'refused',
      problems: [expect.stringMatching(/einlass\.yaml:9:\d+: devices\.sources\[0\]\.file: line 1: /)],
    })
  })
})

test('a folder that does not exist yet may be made by systemd: a warning', async () => {
  expect(await found('store: sqlite:state/einlass.db\n')).toMatchObject([{ path: ['store'], weight: 'warning' }])
})

test('nothing is created, and what is missing but can be made is no problem', async () => {
  const path = await folder()
  const before = await readdir(path)
  expect(await whyNotWritable(join(path, 'a', 'b', 'audit.jsonl'), 'file', 'created')).toBeUndefined()
  expect(await whyNotWritable(join(path, 'einlass.db'), 'file', 'not created')).toBeUndefined()
  expect(await readdir(path)).toEqual(before)
})

test.runIf(process.getuid?.() !== 0)('what this user may not write to is a warning', async () => {
  const path = await folder()
  await mkdir(join(path, 'closed'))
  await writeFile(join(path, 'closed', 'audit.jsonl'), '')
  await chmod(join(path, 'closed', 'audit.jsonl'), 0o400)
  expect(await whyNotWritable(join(path, 'closed', 'audit.jsonl'), 'file', 'created')).toMatch(/^this user may not/)
})
