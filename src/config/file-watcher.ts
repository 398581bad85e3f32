// File watcher: reports changed content, debounced, also after a rename or a moved symbolic link (events and polling).

import { createHash } from 'node:crypto'
import { createReadStream, watch as watchDirectory, type FSWatcher } from 'node:fs'
import { glob, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

export interface Watch {
  /** Calls `listener` when the content of any file has changed and no event came for the debounce time. */
  onChange(listener: () => void): void
  /**
   * Replaces the watched files and globs. A file that was watched before is compared with its last known content, so
   * that a change during a reload is not lost; the present content of a new file is its baseline.
   */
  follow(files: readonly string[], globs: readonly string[]): Promise<void>
  stop(): void
}

export interface WatchOptions {
  /** Absolute paths; a missing file is watched for its creation. */
  readonly files: readonly string[]
  /** Absolute globs: a new match is a change. */
  readonly globs?: readonly string[]
  /** Milliseconds without another event before the content is read: editors write in several steps. Default 200. */
  readonly debounce?: number
  /** Polling interval in milliseconds: network file systems and some containers send no events. Default 3000. */
  readonly poll?: number
}

const maxDebounce = 2000

/** Resolves when the baseline is read; later changes are reported. Never rejects. */
export async function watchFiles(options: WatchOptions): Promise<Watch> {
  const debounce = options.debounce ?? 200
  const listeners: (() => void)[] = []
  const watchers = new Map<string, FSWatcher>()
  let files = options.files
  let globs = options.globs ?? []
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let stamps = ''
  let known: ReadonlyMap<string, string> = new Map()
  let checking: Promise<void> | undefined
  let checkAgain = false
  let waitingSince: number | undefined

  const watchDirectories = (paths: readonly string[]): void => {
    // Watches the folder: a file replaced by rename is a new inode, and a watch on the file would keep the old one.
    const wanted = new Set([...paths.map(dirname), ...globs.map(fixedPart)])
    for (const [directory, watcher] of watchers) {
      if (wanted.has(directory)) continue
      watcher.close()
      watchers.delete(directory)
    }
    for (const directory of wanted) {
      if (watchers.has(directory)) continue
      try {
        const watcher = watchDirectory(directory, { persistent: false }, (_event, name) => {
          if (name === null || concerns(directory, name)) schedule()
        })
        watcher.on('error', () => {
          // The folder was removed. Polling watches it again when it is back.
          watcher.close()
          watchers.delete(directory)
        })
        watchers.set(directory, watcher)
      } catch {
        // Missing folder, or no watches left in the system: polling covers it.
      }
    }
  }

  const check = async (): Promise<void> => {
    const paths = await expand(files, globs)
    if (stopped) return
    watchDirectories(paths)
    stamps = await stampsOf(paths)
    const now = await contentsOf(paths)
    if (stopped || isDeepStrictEqual(now, known)) return
    known = now
    for (const listener of listeners) listener()
  }

  /** One check at a time; events during a check cause exactly one more. */
  const checkSoon = (): void => {
    waitingSince = undefined
    if (checking !== undefined) {
      checkAgain = true
      return
    }
    // A listener that throws must not end the process.
    checking = check()
      .catch(() => undefined)
      .finally(() => {
        checking = undefined
        if (checkAgain && !stopped) {
          checkAgain = false
          schedule()
        }
      })
  }

  /**
   * Ignores other files of the folder, such as a growing log. Kubernetes swaps a folder of symbolic links through names
   * that begin with two dots; links further up are found by polling.
   */
  const concerns = (directory: string, name: string): boolean =>
    name.startsWith('..') ||
    files.includes(join(directory, name)) ||
    globs.some((glob) => fixedPart(glob) === directory)

  function schedule(): void {
    if (stopped) return
    clearTimeout(timer)
    waitingSince ??= performance.now()
    // Upper bound of the debounce: a busy folder must not postpone the check for ever.
    const wait = Math.max(0, Math.min(debounce, waitingSince + maxDebounce - performance.now()))
    timer = setTimeout(checkSoon, wait)
    timer.unref()
  }

  const begin = async (): Promise<void> => {
    const paths = await expand(files, globs)
    if (stopped) return
    watchDirectories(paths)
    stamps = await stampsOf(paths)
    const now = await contentsOf(paths)
    known = new Map([...now].map(([path, content]) => [path, known.get(path) ?? content]))
  }

  const poller = setInterval(async () => {
    const paths = await expand(files, globs)
    if (stopped) return
    watchDirectories(paths)
    if ((await stampsOf(paths)) !== stamps) schedule()
  }, options.poll ?? 3000)
  poller.unref()
  await begin()

  return {
    onChange: (listener) => void listeners.push(listener),
    async follow(nextFiles, nextGlobs) {
      files = nextFiles
      globs = nextGlobs
      await checking
      await begin()
      schedule()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      clearInterval(poller)
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

async function expand(files: readonly string[], globs: readonly string[]): Promise<string[]> {
  const all = new Set(files)
  for (const pattern of globs) {
    try {
      for await (const path of glob(pattern)) all.add(path)
    } catch {
      // An unreadable folder has no matches.
    }
  }
  return [...all].sort()
}

/** The folder before the first wildcard. */
function fixedPart(pattern: string): string {
  const wildcard = pattern.search(/[*?[{]/)
  return dirname(wildcard === -1 ? pattern : `${pattern.slice(0, wildcard)}x`)
}

/** Cheap change detection. Follows links, so that a link moved to another file shows as another inode. */
async function stampsOf(paths: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    paths.map(async (path) => {
      try {
        const { ino, size, mtimeMs, ctimeMs } = await stat(path)
        return `${ino}:${size}:${mtimeMs}:${ctimeMs}`
      } catch {
        return 'absent'
      }
    }),
  )
  return paths.map((path, index) => `${path}=${stamps[index]}`).join('\n')
}

async function contentsOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>()
  for (const path of paths) contents.set(path, await contentOf(path).catch(() => 'absent'))
  return contents
}

/** SHA-256, streamed: readers bound how much of a file they hold in memory, and so must the watcher. */
async function contentOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}
