// Audit file sink: append-only JSON lines with rotation by size.
//
// - Append-only (O_APPEND), mode 0600. `path` is the newest file, `path.1` the previous one, `path.keep` the oldest.
// - Checked before each write: a file that was renamed or deleted is reopened, so that no line goes into an unlinked file.
//   logrotate needs no `copytruncate`.
// - A line torn by a full disk is completed once there is space again, or written anew in a new file.
// - No fsync per write: a written line survives the end of the process (also `kill -9`), and a power failure once the
//   kernel has written it back (seconds). Synced on rotation, reopen and close.

import { constants } from 'node:fs'
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SinkFailed, type Sink } from '../sink.ts'

/** `rotate` in bytes; `keep`: number of rotated files. Rejects when the file cannot be opened. */
export async function openFileSink(settings: {
  readonly path: string
  readonly rotate: number
  readonly keep: number
}): Promise<Sink> {
  const { path } = settings
  let current: OpenFile | undefined = await openAppending(path)
  let reopenRequested = false

  async function closeFile(): Promise<void> {
    const { handle } = current ?? {}
    current = undefined
    if (handle === undefined) return
    await handle.datasync().catch(() => {})
    await handle.close().catch(() => {})
  }

  /** Current file and its size; the common case costs one `stat`. */
  async function ready(bytesToWrite: number): Promise<{ file: OpenFile; size: number }> {
    if (reopenRequested) {
      reopenRequested = false
      await closeFile()
    }
    const inPlace = await stat(path).catch(isNotFound)
    if (current !== undefined && (inPlace?.ino !== current.ino || inPlace.dev !== current.dev)) await closeFile()
    const size = current === undefined ? undefined : inPlace?.size
    current ??= await openAppending(path)
    if (size === undefined) return ready(bytesToWrite)
    if (!current.regular || size === 0 || size + bytesToWrite <= settings.rotate || current.torn > 0) {
      return { file: current, size }
    }
    await closeFile()
    // An oversized file is better than lost lines; rotation is retried before the next write.
    await rotate(path, settings.keep).catch(() => {})
    current = await openAppending(path)
    return { file: current, size: (await current.handle.stat()).size }
  }

  return {
    name: 'file',
    async write(lines) {
      let written = 0
      let file: OpenFile | undefined
      try {
        const { file: opened, size } = await ready(lines.length)
        file = opened
        if (file.torn > 0 && size === file.size) {
          written = file.torn
        } else if (file.torn > 0 || file.unfinished) {
          // Another process, or this one before a crash, left an unfinished line.
          await file.handle.appendFile('\n')
        }
        file.torn = 0
        file.unfinished = false
        while (written < lines.length) {
          const { bytesWritten } = await file.handle.write(lines, written, lines.length - written, null)
          written += bytesWritten
        }
      } catch (cause) {
        const whole = written === 0 ? 0 : lines.lastIndexOf(10, written - 1) + 1
        if (file !== undefined && written > whole) {
          file.torn = written - whole
          file.size = await file.handle.stat().then(({ size }) => size, unknownSize)
        }
        throw new SinkFailed('file', whole, cause)
      }
    },
    reopen() {
      reopenRequested = true
    },
    close: closeFile,
  }
}

interface OpenFile {
  readonly handle: FileHandle
  readonly ino: number
  readonly dev: number
  readonly regular: boolean
  /** Bytes at the end of the file that begin the next line; valid while the file has `size` bytes. */
  torn: number
  size: number
  /** The file was opened without a final line end. */
  unfinished: boolean
}

async function openAppending(path: string): Promise<OpenFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const handle = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600)
  try {
    const { ino, dev, size, mode } = await handle.stat()
    const regular = (mode & constants.S_IFMT) === constants.S_IFREG
    // Created by another process or under another umask: restrict access, as the log contains personal data.
    if (regular && (mode & 0o077) !== 0) await handle.chmod(0o600).catch(() => {})
    const last = Buffer.alloc(1)
    const unfinished =
      regular && size > 0 && (await handle.read(last, 0, 1, size - 1)).bytesRead === 1 && last[0] !== 10
    return { handle, ino, dev, regular, torn: 0, size, unfinished }
  } catch (error) {
    await handle.close().catch(() => {})
    throw error
  }
}

/** Every step can fail and be resumed without losing a rotated file. */
async function rotate(path: string, keep: number): Promise<void> {
  const aside = `${path}.rotating`
  if ((await stat(aside).catch(isNotFound)) !== undefined) await shiftRotated(path, aside, keep)
  await rename(path, aside)
  await shiftRotated(path, aside, keep)
}

async function shiftRotated(path: string, aside: string, keep: number): Promise<void> {
  if (keep <= 0) {
    await rm(aside, { force: true })
    return
  }
  let free = 1
  while (free < keep && (await stat(`${path}.${free}`).catch(isNotFound)) !== undefined) free++
  for (let number = free - 1; number >= 1; number--) await rename(`${path}.${number}`, `${path}.${number + 1}`)
  await rename(aside, `${path}.1`)
}

function isNotFound(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
  return undefined
}

function unknownSize(): number {
  return -1
}
