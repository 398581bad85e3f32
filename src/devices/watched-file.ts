// A file that is read again when it changes, whichever way it is replaced; a bad one leaves the last good content standing.

import { createHash } from 'node:crypto'
import { watch, type FSWatcher } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Logger } from '../telemetry/logger.ts'

export interface WatchedFile<T> {
  /** The last content that could be read. */
  content(): T
  stop(): Promise<void>
}

/**
 * Rejects when the file cannot be read now. `parse` throws on bad content; `changed` gets the new and the old.
 * Watches the directory (editors and orchestrators replace files by renaming) and looks once a second, because not
 * every file system tells.
 */
export async function watchFile<T>(parts: {
  readonly path: string
  readonly parse: (text: string) => T | Promise<T>
  readonly changed: (content: T, previous: T) => void
  readonly log: Logger
}): Promise<WatchedFile<T>> {
  const { path, log } = parts
  let content: T
  let hash: string
  let seen = ''
  let complained = ''
  let stopped = false
  let running: Promise<void> | undefined
  let again = false

  async function load(): Promise<{ content: T; hash: string }> {
    const { size } = await stat(path)
    if (size > largest) throw Object.assign(new Error('larger than 64 MiB'), { code: 'too_large' })
    const text = await readFile(path, 'utf8')
    return { content: await parts.parse(text), hash: createHash('sha256').update(text).digest('hex') }
  }

  async function look(thoroughly: boolean): Promise<void> {
    try {
      const { ino, size, mtimeMs, ctimeMs } = await stat(path)
      const look = `${ino} ${size} ${mtimeMs} ${ctimeMs}`
      if (!thoroughly && look === seen && complained === '') return
      const next = await load()
      seen = look
      complained = ''
      if (stopped || next.hash === hash) return
      const previous = content
      content = next.content
      hash = next.hash
      log.info({ file: basename(path) }, 'file read again')
      parts.changed(content, previous)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (stopped || complained === `${code} ${message}`) return
      complained = `${code} ${message}`
      log.error({ file: basename(path), error }, 'file cannot be read: its last good content stays in force')
    }
  }

  /** One look at a time; a change during a look means another one. */
  function poke(thoroughly: boolean): void {
    if (stopped) return
    if (running !== undefined) {
      again ||= thoroughly
      return
    }
    running = look(thoroughly).finally(() => {
      running = undefined
      if (!again) return
      again = false
      poke(true)
    })
  }

  const first = await load()
  content = first.content
  hash = first.hash
  const watcher = watchDirectory(path, () => poke(true))
  const timer = setInterval(() => poke(false), 1000).unref()

  return {
    content: () => content,
    async stop() {
      stopped = true
      clearInterval(timer)
      watcher?.close()
      await running
    },
  }
}

const largest = 64 * 1024 * 1024

/** Without it the look once a second still finds every change. */
function watchDirectory(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      // Other files of the folder, a log perhaps, change all the time; two dots are how Kubernetes swaps a folder of links.
      if (name === null || name === basename(path) || name.startsWith('..')) changed()
    })
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
