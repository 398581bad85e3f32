// Watches a file and rereads it on change, including atomic replacement; invalid content leaves the last good content in use.

import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { watchFiles } from '../../config/file-watcher.ts'
import type { Logger } from '../../telemetry/logger.ts'

export interface WatchedFile<T> {
  /** The last valid content. */
  content(): T
  stop(): Promise<void>
}

const maxBytes = 64 * 1024 * 1024
/** Milliseconds: debounce after an event, polling interval without events, and delay after a failed read. */
const debounce = 20
const poll = 1000
const retryAfter = 1000

/** Rejects when the file cannot be read now. `parse` throws on invalid content; `changed` gets new and old content. */
export async function watchFile<T>(options: {
  readonly path: string
  readonly parse: (text: string) => T | Promise<T>
  readonly changed: (content: T, previous: T) => void
  readonly log: Logger
}): Promise<WatchedFile<T>> {
  const { path, parse, changed, log } = options
  let lastError = ''
  let stopped = false
  let running: Promise<void> | undefined
  let again = false
  let retry: NodeJS.Timeout | undefined

  async function read(): Promise<{ text: string; hash: string }> {
    const { size } = await stat(path)
    if (size > maxBytes) throw Object.assign(new Error('larger than 64 MiB'), { code: 'too_large' })
    const text = await readFile(path, 'utf8')
    return { text, hash: createHash('sha256').update(text).digest('hex') }
  }

  async function check(): Promise<void> {
    try {
      const next = await read()
      const parsed = next.hash === hash ? content : await parse(next.text)
      lastError = ''
      if (stopped || next.hash === hash) return
      const previous = content
      content = parsed
      hash = next.hash
      log.info({ file: basename(path) }, 'file reread')
      changed(content, previous)
    } catch (error) {
      if (stopped) return
      retry = setTimeout(checkSoon, retryAfter).unref()
      const { code, message } = error as NodeJS.ErrnoException
      if (lastError === `${code} ${message}`) return
      lastError = `${code} ${message}`
      log.error({ file: basename(path), error }, 'file cannot be read: the last good content stays in use')
    }
  }

  /** One check at a time; a change during a check starts another one. */
  function checkSoon(): void {
    if (stopped) return
    clearTimeout(retry)
    again = running !== undefined
    running ??= check().finally(() => {
      running = undefined
      if (again) checkSoon()
    })
  }

  const first = await read()
  let content = await parse(first.text)
  let { hash } = first
  const watch = await watchFiles({ files: [path], debounce, poll })
  watch.onChange(checkSoon)
  // The file may have changed before the watch started.
  checkSoon()

  return {
    content: () => content,
    async stop() {
      stopped = true
      clearTimeout(retry)
      watch.stop()
      await running
    },
  }
}
