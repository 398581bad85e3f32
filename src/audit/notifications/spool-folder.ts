// Spool folder: one file per message, one subfolder per owning process, so that no message is delivered by two processes
// or by a sink and its predecessor before a configuration reload.
//
//   SINK/<pid>-<start>-<random>-<host>/  messages of one owner; `alive` in it is its heartbeat, touched every 10 seconds
//   SINK/dead/                           dead letters. A file moved back to SINK/ is retried
//
// Messages of a dead owner (killed, or its machine lost) are adopted by the first process that finds them. A rename is
// atomic, so a message has exactly one owner. A process that was only suspended finds its files gone and drops them.

import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

export interface SpoolFolder {
  /** Adopts messages without a live owner; resolves with the adopted files, oldest first. */
  claim(): Promise<readonly SpoolFile[]>
  /** Durable on disk when it resolves. An existing file of that name is replaced. */
  write(name: string, content: string): Promise<void>
  /** Undefined when the file no longer exists. */
  read(name: string): Promise<string | undefined>
  remove(name: string): Promise<void>
  /** Moves to the dead letters, with new content; beyond `maxDead` the oldest are deleted. */
  moveToDead(name: string, content: string, maxDead: number): Promise<void>
  countDead(): Promise<number>
  /** Heartbeat, see above. */
  touch(): Promise<void>
  /** Releases ownership, so that another process can adopt the messages at once. */
  release(): Promise<void>
}

export interface SpoolFile {
  readonly name: string
  readonly bytes: number
  /** Epoch milliseconds. */
  readonly modified: number
}

/** Rejects when the folder cannot be created or written to. */
export async function openSpoolFolder(path: string, now: () => number): Promise<SpoolFolder> {
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9.-]/g, '_')
    .slice(0, 64)
  const start = Math.round(performance.timeOrigin)
  const own = join(path, `${process.pid}-${start}-${randomBytes(4).toString('hex')}-${host}`)
  const dead = join(path, 'dead')
  await mkdir(dead, { recursive: true, mode: 0o700 })
  await claimFolder()

  async function claimFolder(): Promise<void> {
    await mkdir(own, { recursive: true, mode: 0o700 })
    await writeFile(join(own, heartbeatFile), '', { mode: 0o600 })
    await heartbeatAt(now())
  }

  function heartbeatAt(at: number): Promise<void> {
    return utimes(join(own, heartbeatFile), at / 1000, at / 1000)
  }

  async function isAbandoned(folder: string): Promise<boolean> {
    const owner = /^(\d{1,10})-(\d{1,15})-[0-9a-f]{8}-(.+)$/.exec(folder)
    if (owner === null) return false
    if (owner[3] === host) {
      const pid = Number(owner[1])
      if (pid === process.pid ? Number(owner[2]) !== start : isGone(pid)) return true
    }
    const seen = await stat(join(path, folder, heartbeatFile)).catch(() => stat(join(path, folder)))
    return Math.abs(now() - seen.mtimeMs) > maxHeartbeatAge
  }

  async function adoptFrom(folder: string, adopted: SpoolFile[]): Promise<void> {
    for (const name of (await readdir(folder)).sort()) {
      // Incomplete write, never acknowledged.
      if (name.endsWith('.part')) await unlink(join(folder, name)).catch(isNotFound)
      if (!isMessage(name)) continue
      const moved = join(own, name)
      const file = await rename(join(folder, name), moved)
        .then(() => stat(moved))
        .catch(isNotFound)
      if (file !== undefined) adopted.push({ name, bytes: file.size, modified: file.mtimeMs })
    }
  }

  return {
    async claim() {
      const adopted: SpoolFile[] = []
      await adoptFrom(path, adopted).catch(() => undefined)
      for (const entry of await readdir(path, { withFileTypes: true })) {
        const folder = join(path, entry.name)
        if (!entry.isDirectory() || folder === own || folder === dead) continue
        try {
          if (!(await isAbandoned(entry.name))) continue
          await adoptFrom(folder, adopted)
          await unlink(join(folder, heartbeatFile)).catch(isNotFound)
          await rmdir(folder)
        } catch {
          // Another process was faster, or the folder contains foreign files: checked again later.
        }
      }
      return adopted
    },
    async write(name, content) {
      try {
        await writeAtomically(own, name, content)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        // Adopted by another process while this one was suspended, or deleted manually.
        await claimFolder()
        await writeAtomically(own, name, content)
      }
    },
    read: (name) => readFile(join(own, name), 'utf8').catch(isNotFound),
    remove: (name) => unlink(join(own, name)).catch(isNotFound),
    async moveToDead(name, content, maxDead) {
      await mkdir(dead, { recursive: true, mode: 0o700 })
      await writeAtomically(dead, name, content)
      await unlink(join(own, name)).catch(isNotFound)
      const deadLetters = await messagesIn(dead)
      const tooMany = deadLetters
        .toSorted((a, b) => a.modified - b.modified)
        .slice(0, Math.max(0, deadLetters.length - maxDead))
      for (const { name: oldest } of tooMany) await unlink(join(dead, oldest)).catch(isNotFound)
    },
    async countDead() {
      return (await readdir(dead).catch(() => [])).filter(isMessage).length
    },
    async touch() {
      // Adopted by another process while this one was suspended, or deleted manually.
      await heartbeatAt(now()).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
        return claimFolder()
      })
    },
    async release() {
      await heartbeatAt(0).catch(isNotFound)
      if ((await messagesIn(own)).length > 0) return
      await rm(join(own, heartbeatFile), { force: true })
      await rmdir(own).catch(() => undefined)
    },
  }
}

const heartbeatFile = 'alive'
/** Milliseconds; six missed heartbeats. */
const maxHeartbeatAge = 60_000

/** The spool creates `.json` files only; other files are left untouched. */
function isMessage(name: string): boolean {
  return name.endsWith('.json')
}

async function messagesIn(folder: string): Promise<SpoolFile[]> {
  const found: SpoolFile[] = []
  for (const name of (await readdir(folder)).filter(isMessage).sort()) {
    const file = await stat(join(folder, name)).catch(isNotFound)
    if (file !== undefined) found.push({ name, bytes: file.size, modified: file.mtimeMs })
  }
  return found
}

/**
 * Atomic, durable write: temporary file, then rename, so that a power failure leaves the whole message or none. Uses
 * O_SYNC, as Node's permission model forbids `fsync`: the last write waits for all metadata of the file, including its
 * new name.
 */
async function writeAtomically(folder: string, name: string, content: string): Promise<void> {
  const temporary = join(folder, `${name}.part`)
  const path = join(folder, name)
  try {
    await writeSynced(temporary, content, constants.O_CREAT | constants.O_TRUNC)
    await rename(temporary, path)
    await writeSynced(path, content.slice(0, 1), 0)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
}

async function writeSynced(path: string, content: string, flags: number): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_SYNC | flags, 0o600)
  try {
    await handle.writeFile(content)
  } finally {
    await handle.close()
  }
}

/** Signal 0 only tests. EPERM means the process of another user exists; where signals are denied, the heartbeat decides. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function isNotFound(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
