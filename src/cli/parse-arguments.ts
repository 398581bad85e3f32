// Strict argument parser of commands: reports the first usage error in one line, followed by the usage.

import { parseArgs } from 'node:util'
import { didYouMean } from '../config/load/problem.ts'
import type { Command, Io } from './command.ts'
import { escapeControls } from './table.ts'

export type Options = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly multiple?: boolean }>>

export type Values<O extends Options> = {
  readonly [Name in keyof O]?:
    | (O[Name]['type'] extends 'boolean' ? boolean : O[Name]['multiple'] extends true ? readonly string[] : string)
    | undefined
}

export interface Form<O extends Options> {
  readonly name: string
  /** One line, without the prefix `usage:`. */
  readonly usage: string
  /** What `--help` prints below the usage. */
  readonly help: string
  readonly options: O
  /** Whether positional arguments are accepted. */
  readonly words?: boolean
}

/** Invalid command line; the message is one line without the command's name. */
export class UsageError extends Error {
  readonly code = 'wrong_usage'
}

/** Handles `--help` (`-h`), and turns a `UsageError` into exit code 2. `words`: positional arguments, in order. */
export function command<const O extends Options>(
  form: Form<O>,
  run: (values: Values<O>, io: Io, words: readonly string[]) => Promise<number>,
): Command {
  return async (args, io) => {
    try {
      if (args.includes('--help') || args.includes('-h')) return (io.stdout(`usage: ${form.usage}\n\n${form.help}`), 0)
      const { values, words } = read(args, form)
      return await run(values, io, words)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      io.stderr(`einlass ${form.name}: ${error.message}; usage: ${form.usage}\n`)
      return 2
    }
  }
}

/** Throws `UsageError` if the option is missing. */
export function requiredOption(value: string | undefined, option: string): string {
  if (value === undefined) throw new UsageError(`missing ${option}`)
  return value
}

/** The subcommand, which is the first positional argument. Throws `UsageError`. */
export function subcommandOf<const Act extends string>(words: readonly string[], acts: readonly Act[]): Act {
  const [word] = words
  const act = acts.find((one) => one === word)
  if (act !== undefined) return act
  if (word === undefined) throw new UsageError(`missing command; known commands: ${acts.join(', ')}`)
  throw new UsageError(`unknown command "${escapeControls(word)}"${didYouMean(word, acts)}`)
}

/** Uses `parseArgs` in lenient mode, so that each problem gets its own message. Throws `UsageError`. */
function read<O extends Options>(args: readonly string[], { options, words: takesWords }: Form<O>) {
  const { values, positionals, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'positional' && takesWords !== true)
      throw new UsageError(`unexpected argument "${escapeControls(token.value)}"`)
    if (token.kind !== 'option') continue
    const { name, value, inlineValue } = token
    const shown = `--${escapeControls(name)}`
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    if (option === undefined) {
      const known = Object.keys(options).map((one) => `--${one}`)
      throw new UsageError(`unknown option ${escapeControls(token.rawName)}${didYouMean(shown, known)}`)
    }
    if (option.type === 'boolean' && value !== undefined) throw new UsageError(`${shown} takes no value`)
    // An empty value is usually an unset variable of a script; one with leading dashes is the next option.
    if (option.type === 'string' && (!value || (value.startsWith('--') && !inlineValue))) {
      throw new UsageError(`${shown} requires a value`)
    }
    if (seen.has(name) && option.multiple !== true) throw new UsageError(`duplicate ${shown}`)
    seen.add(name)
  }
  return { values: values as Values<O>, words: positionals }
}
