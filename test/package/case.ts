// What one line of the table of `npm run test:packages` is made of.

import { execFileSync, spawnSync } from 'node:child_process'

export interface Context {
  /** Folder of the built packages. */
  readonly build: string
  /** For everything else; removed at the end. */
  readonly work: string
  /** Folder of the bare Debian. */
  readonly base: string
}

export interface Case {
  readonly name: string
  /** Programs, and `root` for the user. What is missing skips the case by name. */
  readonly needs: readonly string[]
  /** Resolves with what was seen; rejects when it is wrong. */
  run(context: Context): Promise<string>
}

export function missing({ needs }: Case): readonly string[] {
  return needs.filter((one) => (one === 'root' ? process.getuid?.() !== 0 : !isOnPath(one)))
}

function isOnPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v "$1"`, 'sh', program]).status === 0
}

/** The last lines of a tour: how many steps passed. Throws when one failed. */
export function tourResult(printed: string): string {
  const [passed, count] = /(\d+) of \1 steps passed/.exec(printed) ?? []
  if (passed === undefined || printed.includes('✗')) throw new Error(`the tour did not pass:\n${printed}`)
  return `tour ${count}/${count}`
}

/** In kB, with everything below it. */
export function sizeOf(path: string): string {
  const kilobytes = Number(execFileSync('du', ['-sk', path], { encoding: 'utf8' }).split('\t')[0])
  return kilobytes < 10_000 ? `${kilobytes} kB` : `${Math.round(kilobytes / 1000)} MB`
}
