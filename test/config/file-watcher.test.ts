// File watcher on real files: reports every kind of content change, and nothing else.

import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { WatchOptions } from '../../src/config/file-watcher.ts'
import { watchFiles } from '../../src/config/file-watcher.ts'
import { folder } from './config-fixtures.ts'

async function watching(options: WatchOptions) {
  const watch = await watchFiles({ debounce: 20, ...options })
  onTestFinished(() => watch.stop())
  const changed = vi.fn()
  watch.onChange(changed)
  return {
    watch,
    changed,
    seen: (times: number) => vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(times), 8000),
  }
}

/** Milliseconds: several debounce and polling intervals. */
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400))

test('reports writing, replacing by rename, deletion and re-creation', async () => {
  const path = await folder({ 'a.yaml': 'one' })
  const file = join(path, 'a.yaml')
  const { seen } = await watching({ files: [file] })
  await writeFile(file, 'two')
  await seen(1)
  await writeFile(join(path, '.a.yaml.swp'), 'three')
  await rename(join(path, '.a.yaml.swp'), file)
  await seen(2)
  // A second time: a watch on the file itself would have stayed on the old inode.
  await writeFile(join(path, '.a.yaml.swp'), 'four')
  await rename(join(path, '.a.yaml.swp'), file)
  await seen(3)
  await rm(file)
  await seen(4)
  await writeFile(file, 'five')
  await seen(5)
})

test('reports a symbolic link moved to another folder, as Kubernetes swaps a mounted volume', async () => {
  const path = await folder({ '..one/a.yaml': 'one', '..two/a.yaml': 'two' })
  await symlink('..one', join(path, '..data'))
  await symlink('..data/a.yaml', join(path, 'a.yaml'))
  const { seen } = await watching({ files: [join(path, 'a.yaml')], poll: 100 })
  await symlink('..two', join(path, '..data_tmp'))
  await rename(join(path, '..data_tmp'), join(path, '..data'))
  await seen(1)
})

test('ignores a rewrite with the same content, and a touched file', async () => {
  const path = await folder({ 'a.yaml': 'one' })
  const file = join(path, 'a.yaml')
  const { changed, seen } = await watching({ files: [file], poll: 50 })
  await writeFile(file, 'one')
  await utimes(file, 1, 1)
  await quiet()
  expect(changed).not.toHaveBeenCalled()
  await writeFile(file, 'two')
  await seen(1)
})

test('reports a new match of a glob, in a new folder', async () => {
  const path = await folder({ 'a.yaml': 'one' })
  const { seen } = await watching({ files: [join(path, 'a.yaml')], globs: [join(path, 'apps.d/*.yaml')], poll: 100 })
  await mkdir(join(path, 'apps.d'))
  await writeFile(join(path, 'apps.d/b.yaml'), 'x')
  await seen(1)
  await writeFile(join(path, 'apps.d/b.yaml'), 'y')
  await seen(2)
})

test('detects a change by polling alone', async () => {
  // A link with its target in another folder: the watched folder has no event.
  const path = await folder({ 'elsewhere/a.yaml': 'one' })
  await mkdir(join(path, 'here'))
  await symlink('../elsewhere/a.yaml', join(path, 'here/a.yaml'))
  const { seen } = await watching({ files: [join(path, 'here/a.yaml')], poll: 50 })
  await writeFile(join(path, 'elsewhere/a.yaml'), 'two')
  await seen(1)
})

test('watches other files after follow, and nothing after stop', async () => {
  const path = await folder({ 'a.yaml': 'one', 'b.yaml': 'one' })
  const { watch, changed, seen } = await watching({ files: [join(path, 'a.yaml')], poll: 50 })
  await watch.follow([join(path, 'b.yaml')], [])
  await writeFile(join(path, 'a.yaml'), 'two')
  await quiet()
  expect(changed).not.toHaveBeenCalled()
  await writeFile(join(path, 'b.yaml'), 'two')
  await seen(1)
  watch.stop()
  await writeFile(join(path, 'b.yaml'), 'three')
  await quiet()
  expect(changed).toHaveBeenCalledTimes(1)
})

test('does not lose a change during a reload', async () => {
  const path = await folder({ 'a.yaml': 'one' })
  const file = join(path, 'a.yaml')
  const { watch, seen } = await watching({ files: [file], poll: 60_000 })
  await writeFile(file, 'two')
  await seen(1)
  // As in a reload: the file changes again before follow() is called.
  await writeFile(file, 'three')
  await watch.follow([file], [])
  await seen(2)
})

test('is not delayed by a log that grows in the same folder', async () => {
  const path = await folder({ 'a.yaml': 'one' })
  const file = join(path, 'a.yaml')
  const { seen } = await watching({ files: [file], globs: [join(path, '*.d')], debounce: 200 })
  const growing = setInterval(() => void writeFile(join(path, 'audit.jsonl'), 'x', { flag: 'a' }), 10)
  onTestFinished(() => clearInterval(growing))
  await writeFile(file, 'two')
  await seen(1)
})
