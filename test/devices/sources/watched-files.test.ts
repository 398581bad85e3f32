// Watched files of posture sources: reread on change, last good content on error, one message per error, silence after stop.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchFile, type WatchedFile } from '../../../src/devices/sources/watched-file.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'

let folder: string
let path: string
let lines: string[]
let changes: (readonly [string, string])[]
let parsed: string[]
let watched: WatchedFile<string> | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'einlass-watched-'))
  path = join(folder, 'inventory.yaml')
  lines = []
  changes = []
  parsed = []
  writeFileSync(path, 'one')
})
afterEach(async () => {
  await watched?.stop()
  watched = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function start(parse: (text: string) => string | Promise<string> = (text) => text): Promise<WatchedFile<string>> {
  const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } })
  watched = await watchFile({
    path,
    log,
    parse(text) {
      parsed.push(text)
      if (text.startsWith('invalid')) throw new Error(text)
      return parse(text)
    },
    changed: (content, previous) => void changes.push([content, previous]),
  })
  return watched
}

function replace(text: string): void {
  writeFileSync(join(folder, 'next'), text)
  renameSync(join(folder, 'next'), path)
}

test('the content is that of the file at start, and after each replacement', async () => {
  const { content } = await start()
  expect(content()).toBe('one')
  replace('two')
  await expect.poll(content, { timeout: 3_000 }).toBe('two')
  replace('three')
  await expect.poll(content, { timeout: 3_000 }).toBe('three')
  expect(changes).toEqual([
    ['two', 'one'],
    ['three', 'two'],
  ])
  expect(lines.filter((line) => line.includes('file reread'))).toHaveLength(2)
  expect(lines[0]).toContain('"file":"inventory.yaml"')
})

test('a file written again with the same content is no change, and not parsed again', async () => {
  await start()
  replace('one')
  await pause(300)
  expect([parsed, changes, lines]).toEqual([['one'], [], []])
})

test('invalid content leaves the last good one, is logged once, and recovers', async () => {
  const { content } = await start()
  replace('invalid')
  await expect.poll(() => lines.length, { timeout: 3_000 }).toBe(1)
  expect(lines[0]).toContain('the last good content stays in use')
  // It is tried again after a second.
  await expect.poll(() => parsed.filter((text) => text === 'invalid').length, { timeout: 4_000 }).toBeGreaterThan(1)
  expect([content(), lines.length]).toEqual(['one', 1])
  replace('invalid otherwise')
  await expect.poll(() => lines.length, { timeout: 3_000 }).toBe(2)
  replace('two')
  await expect.poll(content, { timeout: 3_000 }).toBe('two')
})

test('a change while the last one is parsed is read as well', async () => {
  const gate = Promise.withResolvers<void>()
  const { content } = await start((text) => (text === 'two' ? gate.promise.then(() => text) : text))
  replace('two')
  await expect.poll(() => parsed, { timeout: 3_000 }).toContain('two')
  replace('three')
  await pause(200)
  gate.resolve()
  await expect.poll(content, { timeout: 3_000 }).toBe('three')
  expect(parsed.filter((text) => text === 'two')).toHaveLength(1)
})

test('after stop nothing is read, changed or logged, not even what was being parsed', async () => {
  const gate = Promise.withResolvers<void>()
  const { content, stop } = await start((text) => (text === 'two' ? gate.promise.then(() => text) : text))
  replace('two')
  await expect.poll(() => parsed, { timeout: 3_000 }).toContain('two')
  const stopping = stop()
  gate.resolve()
  await stopping
  replace('three')
  await pause(300)
  expect([content(), changes, lines, parsed.includes('three')]).toEqual(['one', [], [], false])
})

test('a file that cannot be read at start is an error of the start', async () => {
  rmSync(path)
  await expect(start()).rejects.toMatchObject({ code: 'ENOENT' })
  writeFileSync(path, 'invalid')
  await expect(start()).rejects.toThrow('invalid')
})
