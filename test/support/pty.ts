// Runs a command on a pseudo-terminal (`script` of util-linux), reads what it shows and types answers.

import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

export interface Pty {
  /** Everything shown so far, without control sequences. */
  shown(): string
  /** Waits until `text` is shown after the end of the last match. Rejects after 20 s with what is shown. */
  until(text: string): Promise<void>
  /** Types a line and Enter; an empty one is Enter alone. */
  answer(line?: string): void
  /** Types without Enter; Ctrl-C is `\u0003`. */
  type(text: string): void
  /** Lines typed so far that were not empty, and Enters alone. */
  counts(): { readonly typed: number; readonly enters: number }
  /** The exit code. */
  readonly ended: Promise<number | null>
  kill(): void
}

export function openPty(
  words: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Pty {
  const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    cwd,
    env: { ...process.env, LANG: 'C', LC_ALL: '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  child.stdin.on('error', () => undefined)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('exit', kill)
      resolve(code)
    })
  })
  let seen = 0
  let typed = 0
  let enters = 0
  const shown = (): string => output.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '')
  return {
    shown,
    async until(text) {
      for (let waited = 0; ; waited += 20) {
        const at = shown().indexOf(text, seen)
        if (at >= 0) {
          seen = at + text.length
          return
        }
        if (child.exitCode !== null || waited > 20_000) throw new Error(`not shown: ${text}\n---\n${shown()}`)
        await pause(20)
      }
    },
    answer(line = '') {
      if (line === '') enters++
      else typed++
      child.stdin.write(`${line}\r`)
    },
    type: (text) => void child.stdin.write(text),
    counts: () => ({ typed, enters }),
    ended,
    kill,
  }
}
