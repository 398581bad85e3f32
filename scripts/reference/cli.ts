// docs/reference/cli.md: every command with the text its own `--help` prints, and its exit codes.

import { commands, dispatch } from '../../src/cli/cli.ts'
import { code, fenced, heading, table } from './markdown.ts'

/** Runs `--help` of every command in this process. Rejects when one of them fails. */
export async function cliReference(): Promise<string> {
  const names = Object.keys(commands)
  const sections = await Promise.all(names.map(async (name) => sectionOf(name, await helpOf(name))))
  return [
    heading('Command line', 'the help of the commands'),
    'One executable, `einlass`. Errors are one line on standard error: what, where, how to correct it. Exit code 2 is wrong',
    'usage of any command; the others are listed with each.',
    '',
    '- **Durations** are written `90s`, `15m`, `8h`, `30d`.',
    '- **Times** are ISO 8601: `2026-12-01T08:00+01:00`.',
    '- `--json` prints one line of JSON with every key in every answer, for programs.',
    '- `sessions`, `grants`, `requests`, `review`, `emergency` and `status` speak to a running gateway through',
    '  [its admin socket](admin-api.md).',
    '- `einlass --version` prints the version, `einlass help COMMAND` the same as `einlass COMMAND --help`.',
    '',
    table(
      ['command', 'purpose'],
      names.map((name) => [`[${code(`einlass ${name}`)}](#einlass-${name})`, sentence(commands[name]!.summary)]),
    ),
    ...sections,
  ].join('\n')
}

function sectionOf(name: string, help: string): string {
  const { summary, exits } = commands[name]!
  const [text] = help.split('\nExit codes:\n') as [string]
  const rows = Object.entries({ ...exits, 2: 'wrong usage' }).map(([exit, meaning]) => [exit, meaning])
  return `## einlass ${name}\n\n${sentence(summary)}\n\n${fenced('text', text)}\n${table(['exit code', 'meaning'], rows)}`
}

async function helpOf(name: string): Promise<string> {
  const printed: string[] = []
  const io = { stdout: (text: string) => void printed.push(text), stderr: () => {}, env: {}, cwd: '/' }
  const exit = await dispatch([name, '--help'], io)
  if (exit !== 0) throw new Error(`einlass ${name} --help: exit code ${exit}`)
  return printed.join('')
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`
}
