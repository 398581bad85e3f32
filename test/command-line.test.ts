// Command line of the test programs: `--help` lists every option, a usage error is one line, and neither runs anything.

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

describe('parseCommandLine', () => {
  test('applies defaults', () => {
    expect(parseCommandLine(['--target', 'a', '--target=b'], form)).toEqual({
      kind: 'run',
      values: { minutes: '10', target: ['a', 'b'], dry: false },
    })
  })

  test.each(['--help', '-h'])('returns help with every option for %s', (option) => {
    expect(parseCommandLine(['--dry', option], form)).toEqual({
      kind: 'help',
      text: `usage: npm run trial -- [options]

Tries.

  --minutes N    how long; default: 10
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
  ])('returns one line of error for %j', (args, text) => {
    expect(parseCommandLine(args, form)).toEqual({ kind: 'wrong', text })
  })
})

describe.each([
  ['bench', 'bench/bench.ts'],
  ['test:apps', 'apps/apps.ts'],
  ['test:attacks', 'attacks/attacks.ts'],
  ['test:fuzz', 'fuzz/fuzz.ts'],
  ['test:chaos', 'chaos/chaos.ts'],
  ['test:dos', 'dos/dos.ts'],
  ['test:soak', 'soak/soak.ts'],
  ['test:refreshes', 'scenarios/refreshes.ts'],
  ['test:acme', 'acme/acme.ts'],
  ['test:model', 'model/run.ts'],
])('npm run %s', (name, file) => {
  const run = (option: string) =>
    spawnSync(process.execPath, [`test/${file}`, option], { cwd: root, encoding: 'utf8', timeout: 25_000 })

  test('prints --help and exits with 0', () => {
    const { status, stdout, stderr } = run('--help')
    expect(stdout).toMatch(new RegExp(`^usage: npm run ${name} -- \\[options\\]\\n\\n[^]+\\n  --help +this text\\n$`))
    expect([status, stderr]).toEqual([0, ''])
  })

  test('rejects an unknown option in one line and exits with 2', () => {
    const { status, stdout, stderr } = run('--nope')
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      `${name}: Unknown option '--nope'; the options: npm run ${name} -- --help\n`,
    ])
  })
})
