// The command line of the laboratories: help with every option, one line for a wrong call, nothing run in either case.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseCommandLine, type CommandForm, type CommandOptions } from '../scripts/command-line.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const form = {
  name: 'trial',
  about: 'Tries.',
  options: {
    minutes: { type: 'string', default: '10', help: 'how long' },
    target: { type: 'string', value: 'NAME', multiple: true, help: 'what' },
    dry: { type: 'boolean', default: false, help: 'only prints' },
  },
} as const satisfies CommandForm<CommandOptions>

describe('a command line', () => {
  test('is read with its defaults', () => {
    expect(parseCommandLine(['--target', 'a', '--target=b'], form)).toEqual({
      kind: 'run',
      values: { minutes: '10', target: ['a', 'b'], dry: false },
    })
  })

  test.each(['--help', '-h'])('answers %s with every option', (option) => {
    expect(parseCommandLine(['--dry', option], form)).toEqual({
      kind: 'help',
      text: `usage: npm run trial -- [options]

Tries.

  --minutes N    how long; 10 when not given
  --target NAME  what; may be given several times
  --dry          only prints
  --help         this text
`,
    })
  })

  test.each([
    [['--nope'], `Unknown option '--nope'`],
    [['word'], `Unexpected argument 'word'`],
    [['--minutes'], `Option '--minutes <value>' argument missing`],
    [['--dry=yes'], `Option '--dry' does not take an argument`],
    [['--minutes', '--dry'], `Option '--minutes' argument is ambiguous`],
  ])('says in one line what is wrong with %j', (args, text) => {
    expect(parseCommandLine(args, form)).toEqual({ kind: 'wrong', text })
  })
})

describe.each(['bench', 'attacks', 'fuzz', 'faults', 'floods', 'soak', 'lives'])('%s', (name) => {
  const run = (option: string) =>
    spawnSync(process.execPath, [`${name}/${name}.ts`, option], { cwd: root, encoding: 'utf8', timeout: 25_000 })

  test('answers --help and ends with 0', () => {
    const { status, stdout, stderr } = run('--help')
    expect(stdout).toMatch(new RegExp(`^usage: npm run ${name} -- \\[options\\]\\n\\n[^]+\\n  --help +this text\\n$`))
    expect([status, stderr]).toEqual([0, ''])
  })

  test('refuses an option it does not know, in one line and with 2', () => {
    const { status, stdout, stderr } = run('--nope')
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      `${name}: Unknown option '--nope'; the options: npm run ${name} -- --help\n`,
    ])
  })
})
