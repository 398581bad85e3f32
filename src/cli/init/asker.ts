// Gets the answers: from options, from the person at the terminal, or, where nobody can be asked, from the fallbacks.

import { UsageError } from '../parse-arguments.ts'
import { escapeControls } from '../table.ts'
import { rejected, type Question } from './answer.ts'
import type { Messages } from './messages/en.ts'
import { readYesOrNo } from './read-text.ts'
import type { Terminal } from './terminal.ts'

export interface Asker {
  readonly t: Messages
  /** Absent: nobody can be asked. */
  readonly terminal: Terminal | undefined
  say(text: string): void
  heading(text: string): void
  /** `given`: the value of its option. Throws `UsageError` for one that is not accepted, naming the option. */
  obtain<T>(question: Question<T>, given: string | undefined): Promise<T>
  /** At Enter, and where nobody can be asked: `fallback`. */
  confirm(prompt: string, fallback: boolean): Promise<boolean>
}

export function createAsker(t: Messages, terminal: Terminal | undefined, print: (text: string) => void): Asker {
  const say = (text: string): void => print(`${text}\n`)
  const remark = (remarks: readonly string[] | undefined): void => {
    for (const text of remarks ?? []) say(`  ${escapeControls(text)}`)
  }

  async function obtain<T>(question: Question<T>, given: string | undefined): Promise<T> {
    if (given !== undefined) return insist(question, given)
    if (terminal === undefined) return insist(question, question.fallback ?? '')
    const { prompt, fallback, hidden, read } = question
    const shown = `${prompt}${!fallback ? '' : ` [${escapeControls(fallback)}]`}: `
    for (;;) {
      const typed = hidden ? await terminal.hiddenLine(shown) : await terminal.line(shown)
      const text = typed === '' ? fallback : typed
      const reading = text === undefined ? rejected(t.needed) : await Promise.race([read(text), terminal.cancelled])
      if (reading.ok) return (remark(reading.remarks), reading.value)
      say(`  ✗ ${escapeControls(reading.problem)}`)
    }
  }

  /** The message never repeats the text: it may be a secret in the wrong place. */
  async function insist<T>({ option, read }: Question<T>, text: string): Promise<T> {
    const reading = await read(text)
    if (!reading.ok) throw new UsageError(`${option}: ${escapeControls(reading.problem)}`)
    remark(reading.remarks)
    return reading.value
  }

  return {
    t,
    terminal,
    say,
    heading: (text) => say(`\n${text}`),
    obtain,
    async confirm(prompt, fallback) {
      if (terminal === undefined) return fallback
      const [yes, no] = [t.yes, t.no]
      const choice = fallback ? `${yes.toUpperCase()}/${no}` : `${yes}/${no.toUpperCase()}`
      const read = readYesOrNo(t)
      for (;;) {
        const text = await terminal.line(`${prompt} [${choice}] `)
        const reading = text === '' ? ({ ok: true, value: fallback } as const) : await read(text)
        if (reading.ok) return reading.value
        say(`  ✗ ${reading.problem}`)
      }
    },
  }
}
