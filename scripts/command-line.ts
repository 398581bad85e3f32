// Command-line parsing for the test programs: named options, `--help`, and one line for a usage error.

import { parseArgs } from 'node:util'

export interface CommandOption {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  readonly default?: string | boolean
  /** Placeholder of the value in `--help`. Default: N. */
  readonly value?: string
  /** One line. */
  readonly help: string
}

export type CommandOptions = Readonly<Record<string, CommandOption>>

export interface CommandForm<O extends CommandOptions> {
  readonly name: string
  /** Command shown before the options. Default: `npm run NAME --`. */
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
  /** Follows "takes" in an error message, with its article. */
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

/** `args`: without the program and the script. `text` of a usage error is one line without the command's name. */
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
    // Only the first sentence; the rest is advice about arguments that begin with a dash.
    return { kind: 'wrong', text: message.split(/\.?\n|\. |\.$/)[0]! }
  }
}

/** Parses `process.argv`. Exits the process after `--help` (0) or a usage error (2, see `refuseCommandLine`). */
export function readCommandLine<const O extends CommandOptions>(form: CommandForm<O>): CommandValues<O> {
  const line = parseCommandLine(process.argv.slice(2), form)
  if (line.kind === 'wrong') refuseCommandLine(form, line.text)
  if (line.kind === 'run') return line.values
  process.stdout.write(line.text)
  process.exit(0)
}

/** Exits the process with 2 and `problem` in one line on standard error. */
export function refuseCommandLine(form: CommandForm<CommandOptions>, problem: string): never {
  process.stderr.write(`${form.name}: ${problem}; the options: ${commandOf(form)} --help\n`)
  process.exit(2)
}

/** Exits the process like `refuseCommandLine` when `text` is not a number or out of range. */
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
    ...Object.entries(form.options).map(([name, option]) => [
      option.type === 'boolean' ? `--${name}` : `--${name} ${option.value ?? 'N'}`,
      [
        option.help,
        ...(option.multiple === true ? ['may be given several times'] : []),
        ...(typeof option.default === 'string' ? [`default: ${option.default}`] : []),
      ].join('; '),
    ]),
    ['--help', 'this text'],
  ]
  const width = Math.max(...rows.map(([left]) => left!.length))
  const lines = rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}\n`)
  return `usage: ${commandOf(form)} [options]\n\n${form.about}\n\n${lines.join('')}`
}
