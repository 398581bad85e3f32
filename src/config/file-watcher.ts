// Notices that the content of a file changed - also when it was replaced by renaming, or a symbolic link moved.

import { createHash } from 'node:crypto'
import { createReadStream, watch as watchDirectory, type FSWatcher } from 'node:fs'
import { glob, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

export interface Watch {
  /** Called after the content of any file is another one than before, and nothing moved for a moment. */
  onChange(listener: () => void): void
  /**
   * Other files and globs from now on. What a file followed before holds is compared with what it held at the last
   * look, so that a change during a reload is not lost; what a new one holds now is not a change.
   */
  follow(files: readonly string[], globs: readonly string[]): Promise<void>
  stop(): void
}

export interface WatchOptions {
  /** Absolute paths; one that is not there may come. */
  readonly files: readonly string[]
  /** Absolute globs: a file that newly matches is a change. */
  readonly globs?: readonly string[]
  /** Milliseconds without another event before the content is looked at: editors write in several steps. */
  readonly debounce?: number
  /** Milliseconds between looks without any event: network file systems and some containers send none. */
  readonly poll?: number
}

const maxDebounce = 2000

/** Resolves when the present state is known and changes from here on are noticed. Never rejects. */
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
    // The folder, not the file: a renamed-over file is another inode, and its own watch would stay with the old one.
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
          // The folder went away. Polling goes on, and watches it again when it is back.
          watcher.close()
          watchers.delete(directory)
        })
        watchers.set(directory, watcher)
      } catch {
        // Not there, or the system has no watches left: polling goes on.
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

  /** One look at a time; events during one cause exactly one more. */
  const checkSoon = (): void => {
    waitingSince = undefined
    if (checking !== undefined) {
      checkAgain = true
      return
    }
    // Listeners must not throw; one that does shall not end the process from here.
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
   * A log that grows in the same folder is no reason to look. A name that begins with two dots is how Kubernetes swaps
   * a whole folder of symbolic links; other links further up are found by polling.
   */
  const concerns = (directory: string, name: string): boolean =>
    name.startsWith('..') ||
    files.includes(join(directory, name)) ||
    globs.some((glob) => fixedPart(glob) === directory)

  function schedule(): void {
    if (stopped) return
    clearTimeout(timer)
    waitingSince ??= performance.now()
    // However busy the folder is, a change is looked at in the end.
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
      // A folder that cannot be read has no files now.
    }
  }
  return [...all].sort()
}

/** The folder before the first wildcard. */
function fixedPart(pattern: string): string {
  const wildcard = pattern.search(/[*?[{]/)
  return dirname(wildcard === -1 ? pattern : `${pattern.slice(0, wildcard)}x`)
}

/** Cheap: follows links, so that a link moved to another file shows as another inode. */
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

/** In pieces: whoever follows a file may bound what it reads of it, and that must hold here too. */
async function contentOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}
