// SQLite store: one file, one node, durable. Steps of one event-loop turn share a transaction and its flush to disk.

import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Change } from './change.ts'
import { clampTtl, StoreUnreachable } from './store.ts'
import type { Store } from './store.ts'

const logAge = 15 * 60_000
/** Milliseconds. */
const probeTtl = 60_000
const purgeEvery = 60_000

const schema = `
  CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entries_expires ON entries (expires);
  CREATE TABLE IF NOT EXISTS members (
    key TEXT NOT NULL, member TEXT NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (key, member)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS members_expires ON members (expires);
  CREATE TABLE IF NOT EXISTS log (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, change TEXT NOT NULL);
`

interface Step {
  run(): unknown
  resolve(value: unknown): void
  reject(error: Error): void
}

/**
 * Opens or creates `file` (mode 0600) and locks it exclusively for this process.
 * Throws with code `store_in_use` when another process has it open, `store_unusable` when it cannot be opened.
 */
export function createSqliteStore({ file, now }: { readonly file: string; readonly now: () => number }): Store {
  const database = open(file)
  const listeners: (() => void)[] = []
  let queue: Step[] = []
  let closed = false

  const sql = {
    get: database.prepare('SELECT value FROM entries WHERE key = ? AND expires > ?'),
    set: database.prepare(
      'INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires',
    ),
    add: database.prepare(
      `INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires
       WHERE entries.expires <= ?`,
    ),
    take: database.prepare('DELETE FROM entries WHERE key = ? RETURNING value, expires'),
    replace: database.prepare('UPDATE entries SET value = ?, expires = ? WHERE key = ? AND value = ? AND expires > ?'),
    remove: database.prepare('DELETE FROM entries WHERE key = ? AND expires > ? AND (? IS NULL OR value = ?)'),
    increment: database.prepare(
      `INSERT INTO entries VALUES (?, '1', ?) ON CONFLICT DO UPDATE SET
         value = CASE WHEN expires <= ? THEN '1' ELSE CAST(CAST(value AS INTEGER) + 1 AS TEXT) END,
         expires = CASE WHEN expires <= ? THEN excluded.expires ELSE expires END
       RETURNING value`,
    ),
    addMember: database.prepare(
      'INSERT INTO members VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET expires = excluded.expires',
    ),
    removeMember: database.prepare('DELETE FROM members WHERE key = ? AND member = ?'),
    members: database.prepare('SELECT member FROM members WHERE key = ? AND expires > ?'),
    announce: database.prepare('INSERT INTO log (at, change) VALUES (?, ?)'),
    bounds: database.prepare(
      `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'log'), 0) AS newest,
              (SELECT min(sequence) FROM log) AS oldest`,
    ),
    since: database.prepare('SELECT change FROM log WHERE sequence > ? ORDER BY sequence'),
    trim: database.prepare('DELETE FROM log WHERE at < ?'),
    purgeEntries: database.prepare('DELETE FROM entries WHERE expires <= ?'),
    purgeMembers: database.prepare('DELETE FROM members WHERE expires <= ?'),
  }

  const timer = setInterval(() => void step(purge).catch(() => {}), purgeEvery)
  timer.unref()

  return {
    kind: 'sqlite',
    get: (key) => step(() => value(key)),
    getMany: (keys) => step(() => keys.map(value)),
    set: (key, text, ttl) => step(() => void sql.set.run(key, text, now() + clampTtl(ttl))),
    add: (key, text, ttl) => step(() => sql.add.run(key, text, now() + clampTtl(ttl), now()).changes === 1),
    take: (key) =>
      step(() => {
        const row = sql.take.get(key)
        return row !== undefined && Number(row.expires) > now() ? String(row.value) : undefined
      }),
    replace: (key, expected, text, ttl) =>
      step(() => sql.replace.run(text, now() + clampTtl(ttl), key, expected, now()).changes === 1),
    remove: (key, expected) => step(() => sql.remove.run(key, now(), expected ?? null, expected ?? null).changes === 1),
    increment: (key, ttl) =>
      step(() => {
        const at = now()
        return Number(sql.increment.get(key, at + clampTtl(ttl), at, at)?.value)
      }),
    addMember: (key, member, ttl) => step(() => void sql.addMember.run(key, member, now() + clampTtl(ttl))),
    removeMember: (key, member) => step(() => void sql.removeMember.run(key, member)),
    members: (key) => step(() => sql.members.all(key, now()).map((row) => String(row.member))),
    announce: async (change) => {
      await step(() => void sql.announce.run(now(), JSON.stringify(change)))
      for (const listener of listeners) listener()
    },
    changesSince: (cursor) => step(() => since(cursor)),
    onHint: (listener) => void listeners.push(listener),
    ping: () => step(() => void sql.set.run('probe', '1', now() + probeTtl)),
    close: async () => {
      if (closed) return
      flush()
      closed = true
      clearInterval(timer)
      listeners.length = 0
      database.close()
    },
  }

  /** Steps run in order of arrival; all of one turn of the event loop are committed together. */
  function step<T>(run: () => T): Promise<T> {
    if (closed) return Promise.reject(new StoreUnreachable(new Error('the store is closed')))
    return new Promise<T>((resolve, reject) => {
      if (queue.length === 0) setImmediate(flush)
      queue.push({ run, resolve: (result) => resolve(result as T), reject })
    })
  }

  function flush(): void {
    const steps = queue
    queue = []
    if (steps.length === 0 || closed) return
    try {
      database.exec('BEGIN')
      const results = steps.map((one) => one.run())
      // Acknowledged only after the commit reached the disk (synchronous=FULL).
      database.exec('COMMIT')
      steps.forEach((one, index) => one.resolve(results[index]))
    } catch (cause) {
      rollBack()
      for (const one of steps) one.reject(new StoreUnreachable(cause))
    }
  }

  function rollBack(): void {
    try {
      if (database.isTransaction) database.exec('ROLLBACK')
    } catch {
      // The next BEGIN fails as well: every step is rejected until the file works again.
    }
  }

  function value(key: string): string | undefined {
    const row = sql.get.get(key, now())
    return row === undefined ? undefined : String(row.value)
  }

  function since(cursor: string | undefined): { cursor: string; changes: Change[]; gap: boolean } {
    sql.trim.run(now() - logAge)
    const row = sql.bounds.get()
    const newest = Number(row?.newest ?? 0)
    const oldest = row?.oldest === null || row?.oldest === undefined ? newest + 1 : Number(row.oldest)
    if (cursor === undefined) return { cursor: String(newest), changes: [], gap: false }
    const after = Number(cursor)
    if (!(after <= newest) || after < oldest - 1) return { cursor: String(newest), changes: [], gap: true }
    const changes = sql.since.all(after).map((one) => JSON.parse(String(one.change)) as Change)
    return { cursor: String(newest), changes, gap: false }
  }

  function purge(): void {
    sql.purgeEntries.run(now())
    sql.purgeMembers.run(now())
    sql.trim.run(now() - logAge)
  }
}

function open(file: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    closeSync(openSync(file, 'a', 0o600))
    database = new DatabaseSync(file, { timeout: 1000 })
    // EXCLUSIVE: the lock is held until the process ends, so that a second process fails at start.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
    database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`)
    return database
  } catch (cause) {
    if (database?.isOpen) database.close()
    const busy = (cause as { readonly errcode?: number }).errcode === 5 // SQLITE_BUSY
    const message = busy
      ? `the store ${file} is in use by another process; a SQLite store serves one node, several need Redis`
      : `the store ${file} cannot be opened: ${reasonOf(cause)}`
    throw Object.assign(new Error(message, { cause }), { code: busy ? 'store_in_use' : 'store_unusable' })
  }
}

/** In words where the code alone says little; what SQLite and Node say otherwise. */
function reasonOf(cause: unknown): string {
  const { code, errcode, message } = cause as { code?: string; errcode?: number; message?: string }
  if (code === 'ENOENT') return 'its folder does not exist'
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not write the file or its folder'
  if (code === 'EROFS') return 'the file system is read-only'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'ENOSPC' || errcode === 13) return 'the disk is full' // SQLITE_FULL
  if (errcode === 26) return 'it is not a SQLite database' // SQLITE_NOTADB
  if (errcode === 11) return 'the database is damaged; restore a backup' // SQLITE_CORRUPT
  return message ?? 'unknown error'
}
