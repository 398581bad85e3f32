// The folder a sink keeps its messages in: one file each, and each opening its own subfolder, so that nobody delivers
// what another process, or the sink before a change of configuration, is delivering.
//
//   SINK/<pid>-<start>-<random>-<host>/  what this one has to deliver; `alive` in it is touched every ten seconds
//   SINK/dead/                           what was given up. Move a file back to SINK/ and it is tried again
//
// What a process left behind (killed, or its machine gone) is taken over by whoever comes by first: renaming is one
// step, so a message has one owner at each moment. A process that only slept finds its files gone and forgets them.

import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

export interface SpoolFolder {
  /** Takes over what nobody cares for; resolves with the files that became ours by that, the oldest first. */
  claim(): Promise<readonly SpoolFile[]>
  /** On disk when it resolves. The same name again replaces the file. */
  write(name: string, content: string): Promise<void>
  /** Undefined when it is not there any more. */
  read(name: string): Promise<string | undefined>
  remove(name: string): Promise<void>
  /** Among the dead, with new content; the oldest of them go when there are more than `most`. */
  moveToDead(name: string, content: string, maxDead: number): Promise<void>
  countDead(): Promise<number>
  /** "I live": see above. */
  touch(): Promise<void>
  /** Leaves what is there to whoever comes next, at once. */
  leave(): Promise<void>
}

export interface SpoolFile {
  readonly name: string
  readonly bytes: number
  /** Epoch milliseconds. */
  readonly modified: number
}

/** Rejects when the folder cannot be made or written to. */
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

  async function abandonedFolders(folder: string): Promise<boolean> {
    const owner = /^(\d{1,10})-(\d{1,15})-[0-9a-f]{8}-(.+)$/.exec(folder)
    if (owner === null) return false
    if (owner[3] === host) {
      const pid = Number(owner[1])
      if (pid === process.pid ? Number(owner[2]) !== start : isGone(pid)) return true
    }
    const seen = await stat(join(path, folder, heartbeatFile)).catch(() => stat(join(path, folder)))
    return Math.abs(now() - seen.mtimeMs) > maxHeartbeatAge
  }

  async function adoptFrom(folder: string, taken: SpoolFile[]): Promise<void> {
    for (const name of (await readdir(folder)).sort()) {
      // Half a file: whoever wrote it was not done, and told nobody that it was.
      if (name.endsWith('.part')) await unlink(join(folder, name)).catch(isNotFound)
      if (!isMessage(name)) continue
      const moved = join(own, name)
      const file = await rename(join(folder, name), moved)
        .then(() => stat(moved))
        .catch(isNotFound)
      if (file !== undefined) taken.push({ name, bytes: file.size, modified: file.mtimeMs })
    }
  }

  return {
    async claim() {
      const taken: SpoolFile[] = []
      await adoptFrom(path, taken).catch(() => undefined)
      for (const entry of await readdir(path, { withFileTypes: true })) {
        const folder = join(path, entry.name)
        if (!entry.isDirectory() || folder === own || folder === dead) continue
        try {
          if (!(await abandonedFolders(entry.name))) continue
          await adoptFrom(folder, taken)
          await unlink(join(folder, heartbeatFile)).catch(isNotFound)
          await rmdir(folder)
        } catch {
          // Somebody else was quicker, or there is something of an administrator's in it: looked at again later.
        }
      }
      return taken
    },
    async write(name, content) {
      try {
        await writeAtomically(own, name, content)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        // Taken over while this process slept, or deleted by hand.
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
      const buried = await messagesIn(dead)
      const tooMany = buried.toSorted((a, b) => a.modified - b.modified).slice(0, Math.max(0, buried.length - maxDead))
      for (const { name: oldest } of tooMany) await unlink(join(dead, oldest)).catch(isNotFound)
    },
    async countDead() {
      return (await readdir(dead).catch(() => [])).filter(isMessage).length
    },
    async touch() {
      // Taken over while this process slept, or deleted by hand.
      await heartbeatAt(now()).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
        return claimFolder()
      })
    },
    async leave() {
      await heartbeatAt(0).catch(isNotFound)
      if ((await messagesIn(own)).length > 0) return
      await rm(join(own, heartbeatFile), { force: true })
      await rmdir(own).catch(() => undefined)
    },
  }
}

const heartbeatFile = 'alive'
/** Milliseconds; six missed signs of life. */
const maxHeartbeatAge = 60_000

/** Names are made by the spool; anything else lying there is left alone. */
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
 * First aside, then under its name: a message is there whole or not at all, and on the disk itself, whenever the power
 * goes. By O_SYNC, for Node's permission model forbids `fsync`: the last byte written waits for everything about the
 * file, its new name included.
 */
async function writeAtomically(folder: string, name: string, content: string): Promise<void> {
  const aside = join(folder, `${name}.part`)
  const path = join(folder, name)
  try {
    await writeSynced(aside, content, constants.O_CREAT | constants.O_TRUNC)
    await rename(aside, path)
    await writeSynced(path, content.slice(0, 1), 0)
  } catch (error) {
    await unlink(aside).catch(() => undefined)
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

/** Signal 0 asks only. Another user's process (EPERM) is there; where asking is not allowed, the sign of life decides. */
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
