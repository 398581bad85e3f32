// The command line of the laboratories: options by name, `--help`, and one line for a call that makes no sense.

import { parseArgs } from 'node:util'

export interface CommandOption {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  readonly default?: string | boolean
  /** What stands for the value in `--help`; N when not given. */
  readonly value?: string
  /** One line. */
  readonly help: string
}

export type CommandOptions = Readonly<Record<string, CommandOption>>

export interface CommandForm<O extends CommandOptions> {
  readonly name: string
  /** What is typed before the options; `npm run NAME --` when not given. */
  readonly command?: string
  /** One sentence. */
  readonly about: string
  readonly options: O
}

type ValueOf<One extends CommandOption> = One['type'] extends 'boolean'
  ? boolean
  : One['multiple'] extends true
    ? string[]
    : string

export type CommandValues<O extends CommandOptions> = {
  readonly [Name in keyof O]: O[Name] extends { readonly default: string | boolean }
    ? ValueOf<O[Name]>
    : ValueOf<O[Name]> | undefined
}

export interface NumberRange {
  readonly contains: (value: number) => boolean
  /** With its article: what stands behind "takes". */
  readonly words: string
}

export const positive: NumberRange = {
  contains: (value) => Number.isFinite(value) && value > 0,
  words: 'a number above 0',
}
export const positiveInteger: NumberRange = {
  contains: (value) => Number.isSafeInteger(value) && value > 0,
  words: 'a whole number above 0',
}
export const integer: NumberRange = { contains: Number.isSafeInteger, words: 'a whole number' }

export type CommandLine<O extends CommandOptions> =
  | { readonly kind: 'run'; readonly values: CommandValues<O> }
  | { readonly kind: 'help' | 'wrong'; readonly text: string }

/** `args`: without the program and the script. `text` of a wrong call is one line without the command's name. */
export function parseCommandLine<const O extends CommandOptions>(
  args: readonly string[],
  form: CommandForm<O>,
): CommandLine<O> {
  try {
    const options = { ...form.options, help: { type: 'boolean', short: 'h' } } as const
    const { values } = parseArgs({ args: [...args], options })
    if ('help' in values && values.help === true) return { kind: 'help', text: helpOf(form) }
    return { kind: 'run', values: values as unknown as CommandValues<O> }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith('ERR_PARSE_ARGS_') !== true) throw error
    // What follows the first sentence is advice about words that begin with a dash.
    return { kind: 'wrong', text: message.split(/\.?\n|\. |\.$/)[0]! }
  }
}

/** Of this process. Ends it: after `--help` with 0, after a call that makes no sense as `refuseCommandLine` does. */
export function readCommandLine<const O extends CommandOptions>(form: CommandForm<O>): CommandValues<O> {
  const line = parseCommandLine(process.argv.slice(2), form)
  if (line.kind === 'wrong') refuseCommandLine(form, line.text)
  if (line.kind === 'run') return line.values
  process.stdout.write(line.text)
  process.exit(0)
}

/** Ends the process with 2, `problem` in one line on standard error. */
export function refuseCommandLine(form: CommandForm<CommandOptions>, problem: string): never {
  process.stderr.write(`${form.name}: ${problem}; the options: ${commandOf(form)} --help\n`)
  process.exit(2)
}

/** Ends the process as `refuseCommandLine` does when `text` is no number or not one of `range`. */
export function numberOf(
  form: CommandForm<CommandOptions>,
  option: string,
  text: string,
  { contains, words }: NumberRange,
): number {
  const number = Number(text)
  if (text.trim() !== '' && contains(number)) return number
  refuseCommandLine(form, `--${option} takes ${words}, not ${JSON.stringify(text)}`)
}

function commandOf({ name, command = `npm run ${name} --` }: CommandForm<CommandOptions>): string {
  return command
}

function helpOf(form: CommandForm<CommandOptions>): string {
  const rows = [
    ...Object.entries(form.options).map(([option, one]) => [
      one.type === 'boolean' ? `--${option}` : `--${option} ${one.value ?? 'N'}`,
      [
        one.help,
        ...(one.multiple === true ? ['may be given several times'] : []),
        ...(typeof one.default === 'string' ? [`${one.default} when not given`] : []),
      ].join('; '),
    ]),
    ['--help', 'this text'],
  ]
  const width = Math.max(...rows.map(([left]) => left!.length))
  const lines = rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}\n`)
  return `usage: ${commandOf(form)} [options]\n\n${form.about}\n\n${lines.join('')}`
}
