// Files of `einlass init`: all or none, never over another file, secrets for their owner alone.

import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { canWrite, writeFiles, type FileToWrite } from '../../../src/cli/init/write-files.ts'
import { folder } from '../../config/config-fixtures.ts'

const files: readonly FileToWrite[] = [
  { name: 'einlass.yaml', content: 'a: 1\n', mode: 0o640 },
  { name: 'client.secret', content: 'x\n', mode: 0o600 },
]
const names = files.map(({ name }) => name)

async function empty(): Promise<string> {
  const path = join(await folder(), 'new')
  await mkdir(path)
  return path
}

test.each([0o000, 0o022, 0o077])('secrets are 0600 with any umask (%i)', async (mask) => {
  const before = process.umask(mask)
  onTestFinished(() => void process.umask(before))
  const directory = await empty()
  expect(writeFiles(directory, files)).toEqual({ state: 'written' })
  expect((await readdir(directory)).toSorted()).toEqual(names.toSorted())
  expect((await stat(join(directory, 'client.secret'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(directory, 'einlass.yaml'))).mode & 0o137).toBe(0)
})

test('makes the folder, and those above it', async () => {
  const directory = join(await empty(), 'a', 'b')
  expect(writeFiles(directory, files)).toEqual({ state: 'written' })
  expect(await readFile(join(directory, 'einlass.yaml'), 'utf8')).toBe('a: 1\n')
})

test('an existing file stays as it is, and the others are not written', async () => {
  const directory = await empty()
  await writeFile(join(directory, 'client.secret'), 'mine')
  expect(canWrite(directory, names)).toEqual({ state: 'exists', path: join(directory, 'client.secret') })
  expect(writeFiles(directory, files)).toEqual({ state: 'exists', path: join(directory, 'client.secret') })
  expect(await readdir(directory)).toEqual(['client.secret'])
  expect(await readFile(join(directory, 'client.secret'), 'utf8')).toBe('mine')
})

test('a symbolic link that leads nowhere is not followed', async () => {
  const directory = await empty()
  const target = join(await folder(), 'elsewhere')
  await symlink(target, join(directory, 'client.secret'))
  expect(canWrite(directory, names)).toMatchObject({ state: 'exists' })
  expect(writeFiles(directory, files)).toMatchObject({ state: 'exists' })
  expect(await readdir(directory)).toEqual(['client.secret'])
  await expect(stat(target)).rejects.toThrow('ENOENT')
})

test('a failure in the middle leaves neither files nor folders', async () => {
  const parent = await empty()
  const directory = join(parent, 'a', 'b')
  const outcome = writeFiles(directory, [...files, { name: 'no/such/folder', content: '', mode: 0o600 }])
  expect(outcome).toMatchObject({ state: 'failed', code: 'ENOENT' })
  expect(await readdir(parent)).toEqual([])
})

test('says at once where nothing can be written', async () => {
  const parent = await empty()
  await writeFile(join(parent, 'file'), '')
  expect(canWrite(join(parent, 'file', 'below'), names)).toMatchObject({ state: 'failed', code: 'ENOTDIR' })
  if (process.getuid?.() === 0) return
  await chmod(parent, 0o500)
  expect(canWrite(join(parent, 'below'), names)).toEqual({ state: 'failed', path: parent, code: 'EACCES' })
})
