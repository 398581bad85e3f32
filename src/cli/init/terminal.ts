// Terminal of `einlass init`: asks for lines, echoed or hidden, and ends at Ctrl-C. On Node's readline.

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

export interface Terminal {
  say(text: string): void
  /** The line without spaces around it. Rejects with `Cancelled`. */
  line(prompt: string): Promise<string>
  /** As `line`, but what is typed is neither shown nor kept. */
  hiddenLine(prompt: string): Promise<string>
  /** Resolves at the next Enter, unless `signal` aborts before: then the next line belongs to the next question. */
  enter(signal: AbortSignal): Promise<void>
  /** Rejects with `Cancelled` at Ctrl-C, Ctrl-D or the end of the input; never resolves. */
  readonly cancelled: Promise<never>
  close(): void
}

/** The person ended the dialogue. */
export class Cancelled extends Error {
  readonly code = 'cancelled'
}

export interface TerminalStreams {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

/** Both streams are those of a terminal: readline then draws the line itself, and only while a question is open. */
export function openTerminal({ input, output }: TerminalStreams): Terminal {
  let echo = false
  let closed = false
  const screen = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      if (echo) output.write(chunk)
      done()
    },
  })
  // Where a long line wraps.
  Object.defineProperty(screen, 'columns', { get: () => (output as { columns?: number }).columns })
  // No history: the arrow keys must not bring back a secret.
  const lines = createInterface({ input, output: screen, terminal: true, historySize: 0 })
  /** Lines that were typed or pasted before they were asked for. */
  const early: string[] = []
  let waiting: ((line: string) => void) | undefined
  let cancel: (error: Cancelled) => void = () => undefined
  const cancelled = new Promise<never>((_resolve, reject) => (cancel = reject))
  cancelled.catch(() => undefined)

  lines.on('line', (line) => {
    const answer = waiting
    waiting = undefined
    // At once: the rest of a pasted text may be the secret that is asked for next.
    echo = false
    if (answer === undefined) early.push(line)
    else answer(line)
  })
  lines.on('SIGINT', () => cancel(new Cancelled('cancelled')))
  lines.on('close', () => cancel(new Cancelled('cancelled')))

  const next = (prompt: string, shown: boolean): Promise<string> => {
    const known = early.shift()
    if (known !== undefined) {
      output.write(`${prompt}${shown ? known : ''}\n`)
      return Promise.resolve(known)
    }
    const answered = new Promise<string>((resolve) => (waiting = resolve))
    if (shown) {
      echo = true
      lines.setPrompt(prompt)
      // Keeps and draws what was typed meanwhile.
      lines.prompt(true)
    } else output.write(prompt)
    return Promise.race([answered, cancelled]).then((line) => {
      if (!shown) output.write('\n')
      return line
    })
  }

  return {
    say(text) {
      if (!closed) output.write(text)
    },
    line: async (prompt) => (await next(prompt, true)).trim(),
    hiddenLine: async (prompt) => (await next(prompt, false)).trim(),
    enter(signal) {
      if (early.shift() !== undefined) return Promise.resolve()
      const pressed = new Promise<void>((resolve) => (waiting = () => resolve()))
      const aborted = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          waiting = undefined
          resolve()
        })
      })
      return Promise.race([pressed, aborted, cancelled])
    },
    cancelled,
    close() {
      closed = true
      lines.close()
    },
  }
}
