// SQLite store: the contract, durability of acknowledged writes, and the lock against a second process.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'
import { createSqliteStore } from '../../src/store/sqlite.ts'
import { storeContract } from '../contracts/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'einlass-sqlite-'))
let count = 0
const file = () => join(folder, `${(count += 1)}.db`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

storeContract('sqlite', async () => createSqliteStore({ file: file(), now: Date.now }))

test('writes are there after reopening, the log continues, and only the owner may read the file', async () => {
  const path = file()
  const first = createSqliteStore({ file: path, now: Date.now })
  await first.set('a', '1', 60_000)
  await first.addMember('s', 'm', 60_000)
  const { cursor } = await first.changesSince(undefined)
  await first.announce({ kind: 'session_changed', session: 'x' })
  await first.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const second = createSqliteStore({ file: path, now: Date.now })
  expect(await second.get('a')).toBe('1')
  expect(await second.members('s')).toEqual(['m'])
  expect((await second.changesSince(cursor)).changes).toEqual([{ kind: 'session_changed', session: 'x' }])
  await second.close()
})

test('a log that was trimmed past the cursor is a gap', async () => {
  let at = Date.now()
  const store = createSqliteStore({ file: file(), now: () => at })
  const { cursor } = await store.changesSince(undefined)
  await store.announce({ kind: 'session_changed', session: 'a' })
  at += 16 * 60_000
  expect(await store.changesSince(cursor)).toMatchObject({ gap: true, changes: [] })
  await store.close()
})

test('a second process is rejected with a clear message; acknowledged writes of a killed process survive', async () => {
  const path = file()
  const module = new URL('../../src/store/sqlite.ts', import.meta.url).href
  const program = `
    const { createSqliteStore } = await import(${JSON.stringify(module)})
    const store = createSqliteStore({ file: ${JSON.stringify(path)}, now: Date.now })
    for (let n = 0; ; n += 1) { await store.set('n', String(n), 600000); console.log(n) }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  let acknowledged = -1
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line)
      if (acknowledged === 20) {
        expect(() => createSqliteStore({ file: path, now: Date.now })).toThrow(
          expect.objectContaining({ code: 'store_in_use', message: expect.stringContaining('another process') }),
        )
      }
      if (acknowledged >= 40) child.kill('SIGKILL')
    }
  } finally {
    child.kill('SIGKILL')
    await gone
  }
  const store = createSqliteStore({ file: path, now: Date.now })
  expect(Number(await store.get('n'))).toBeGreaterThanOrEqual(acknowledged)
  expect(acknowledged).toBeGreaterThanOrEqual(40)
  await store.close()
})

test('a file that is not a database is rejected, not overwritten', () => {
  expect(() => createSqliteStore({ file: import.meta.filename, now: Date.now })).toThrow(
    expect.objectContaining({
      code: 'store_unusable',
      message: expect.stringMatching(/ cannot be opened: it is not a SQLite database$/),
    }),
  )
  expect(() => createSqliteStore({ file: join(folder, 'no', 'such', 'a.db'), now: Date.now })).toThrow(
    expect.objectContaining({
      code: 'store_unusable',
      message: expect.stringMatching(/ cannot be opened: its folder does not exist$/),
    }),
  )
  expect(() => createSqliteStore({ file: folder, now: Date.now })).toThrow(
    expect.objectContaining({ code: 'store_unusable', message: expect.stringMatching(/: it is a folder$/) }),
  )
})
