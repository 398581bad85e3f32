// The commands as a whole: help, wrong calls, pipes that close, and no colour where nobody sees it.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { emergency } from '../../src/cli/emergency.ts'
import { grants } from '../../src/cli/grants.ts'
import { requests } from '../../src/cli/requests.ts'
import { schema } from '../../src/cli/schema.ts'
import { serve } from '../../src/cli/serve.ts'
import { sessions } from '../../src/cli/sessions.ts'
import { status } from '../../src/cli/status.ts'
import { check } from '../../src/cli/check.ts'
import { explain } from '../../src/cli/explain.ts'
import { folder, smallest } from '../config/config-fixtures.ts'
import { einlass, launcher, run, typed } from './run-command.ts'

const names = ['demo', 'serve', 'check', 'explain', 'schema', 'sessions', 'grants', 'requests', 'emergency', 'status']
const commands = { serve, check, explain, schema, sessions, grants, requests, emergency, status }
const shared = '[--socket PATH | --config FILE] [--json]'

describe('einlass', () => {
  test('without a command says what there is, with exit 2; asked for help, with exit 0', async () => {
    const nothing = await einlass([])
    expect(nothing).toMatchObject({ code: 2, stdout: '' })
    for (const words of [['--help'], ['-h'], ['help']]) {
      expect(await einlass(words)).toEqual({ code: 0, stdout: nothing.stderr, stderr: '' })
    }
    expect(nothing.stderr).toMatch(/^usage: einlass COMMAND \[options\]\n\n/)
    for (const name of names) expect(nothing.stderr).toMatch(new RegExp(`^ {2}${name} {2,}\\S`, 'm'))
  })

  test('a command there is not: one line, and the one that was meant', async () => {
    expect(await einlass(['explan', '--app', 'x'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'einlass: there is no command "explan" (did you mean "explain"?); "einlass --help" lists them\n',
    })
    for (const odd of ['constructor', '__proto__', 'a\nb', '']) {
      const { code, stderr } = await einlass([odd])
      expect(code).toBe(2)
      expect(stderr).toMatch(/^einlass: there is no command "[^\n]*"; "einlass --help" lists them\n$/)
    }
  })

  test('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Version
    expect(await einlass(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test.each(names)('%s has help, on standard output and with exit 0, within the width of a terminal', async (name) => {
    const help = await einlass([name, '--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(new RegExp(`^usage: einlass ${name}`, 'i'))
    expect(await einlass(['help', name])).toEqual(help)
    const [, ...lines] = help.stdout.split('\n')
    expect(lines.filter((line) => line.length > 120)).toEqual([])
  })
})

interface Version {
  readonly version: string
}

describe('a wrong call: exit 2, one line with what is wrong and the usage, nothing on standard output', () => {
  const wrong: readonly (readonly [keyof typeof commands, string, string])[] = [
    ['check', '', '--config is missing'],
    ['check', '--confg a.yaml', 'there is no option --confg (did you mean "--config"?)'],
    ['check', '-c a.yaml', 'there is no option -c'],
    ['check', '--config', '--config needs a value'],
    ['check', '--config --json', '--config needs a value'],
    ['check', '--config=', '--config needs a value'],
    ['check', '--config a --config b', '--config is given twice'],
    ['check', '--config a --json=yes', '--json takes no value'],
    ['check', 'a.yaml', 'what is "a.yaml"?'],
    ['explain', '--app erp', '--config is missing'],
    ['explain', '--config a.yaml', '--app is missing'],
    ['explain', '--config a.yaml --app erp --grop x', 'there is no option --grop (did you mean "--group"?)'],
    ['schema', 'yaml', 'what is "yaml"?'],
    ['serve', '', '--config is missing'],
    ['serve', '--config a.yaml --log-level inof', '--log-level: there is no level "inof" (did you mean "info"?)'],
    ['serve', '--config a.yaml --log-level 3', 'there are: debug, info, warn, error, silent'],
    ['sessions', '', 'do what? There are: list, end'],
    ['sessions', 'lst', 'what is "lst"? (did you mean "list"?)'],
    ['sessions', 'list x', 'list takes no name'],
    ['sessions', 'end', 'end what? Name either one SESSION or --user'],
    ['sessions', 'end a --user b', 'end what? Name either one SESSION or --user'],
    ['sessions', 'end a b', 'what is "b"?'],
    ['sessions', 'list', 'which gateway? Name --socket PATH or --config FILE'],
    ['grants', 'give', 'what is "give"?'],
    ['grants', 'list x', 'what is "x"?'],
    ['grants', 'list --who x', '--who goes with add, not with list'],
    ['grants', 'revoke', 'revoke which one?'],
    ['grants', 'add --app a --for 1h', '--who is missing'],
    ['grants', 'add --who a|b --for 1h', '--app is missing'],
    ['grants', 'add --who a|b --app a', 'a grant has an end: --for or --until is missing'],
    ['grants', 'add --who a|b --app a --for 1h --until 2026-12-01', 'leave one out'],
    ['grants', 'add --who a|b --app a --for soon', '--for: write a duration such as 90s'],
    ['grants', 'add --who a|b --app a --for 0s', '--for: write a duration such as 90s'],
    ['grants', 'add --who a|b --app a --until soon', '--until: write a time such as'],
    ['grants', 'add --who a|b --app a --from soon --for 1h', '--from: write a time such as'],
    [
      'grants',
      'add --who a|b --app a --from 2026-12-02 --until 2026-12-01',
      '--until: the grant ends before it begins',
    ],
    ['grants', 'add --who a|b --app a --for 1h --level all', '--level: write read or full'],
    ['grants', 'list --limit many', '--limit: write a number such as 100'],
    ['grants', 'list --for 1h', '--for goes with add, not with list'],
    ['grants', 'revoke x --limit 1', '--limit goes with list, not with revoke'],
    ['grants', 'extend', 'extend which one?'],
    ['grants', 'extend x', 'a grant has an end: --for or --until is missing'],
    ['grants', 'extend x --for 1h --sponsor a', '--sponsor goes with add, not with extend'],
    ['requests', '', 'do what? There are: list, show, approve, deny, withdraw, revoke, review'],
    ['requests', 'aprove x', 'what is "aprove"? (did you mean "approve"?)'],
    ['requests', 'list x', 'what is "x"?'],
    ['requests', 'list --comment x', '--comment does not go with list'],
    ['requests', 'list --limit 0', '--limit: write a number such as 100'],
    ['requests', 'approve', 'approve which one?'],
    ['requests', 'approve x y', 'what is "y"?'],
    ['requests', 'approve x --for long', '--for: write a duration such as 90s'],
    ['requests', 'approve x --level all', '--level: write read or full'],
    ['requests', 'deny x --level read', '--level does not go with deny'],
    ['emergency', 'create', '--app is missing'],
    ['emergency', 'create --app a --for ever', '--for: write a duration such as 30m or 1h'],
    ['emergency', 'create --app a --expires never', '--expires: write a duration such as 90d'],
    ['emergency', 'revoke', 'revoke which one?'],
    ['emergency', 'list --app a', '--app goes with create, not with list'],
    ['requests', 'list', 'which gateway? Name --socket PATH or --config FILE'],
    ['status', 'now', 'what is "now"?'],
    ['status', '', 'which gateway? Name --socket PATH or --config FILE'],
  ]
  test.each(wrong)('%s %s', async (name, words, message) => {
    const { code, stdout, stderr } = await typed(commands[name], words === '' ? [] : words, '/')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^einlass ${name}: [^\\n]+; usage: einlass ${name}[^\\n]*\\n$`))
    expect(stderr).toContain(message)
  })

  test('the usage of those that speak to a gateway says how to name it', async () => {
    for (const name of ['sessions', 'grants', 'requests', 'emergency', 'status'] as const) {
      const { stderr } = await typed(commands[name], '--nonsense', '/')
      expect(stderr.trimEnd().endsWith(shared), stderr).toBe(true)
    }
  })
})

describe('a gateway that cannot be asked: exit 1 and one line', () => {
  const asking: readonly (readonly [string, string, RegExp])[] = [
    ['no socket', '--socket none.sock', /none\.sock: no gateway listens there \(there is no such socket\)$/],
    ['a file that is no socket', '--socket secret.key', /secret\.key: no gateway listens there any more$/],
    ['a path that is too long', `--socket ${'x'.repeat(200)}`, /: that path is too long for a socket$/],
    ['no such configuration', '--config none.yaml', /none\.yaml: the file cannot be read \(ENOENT\)$/],
    ['a configuration without a socket', '--config a.yaml', /a\.yaml: names no gateway\.admin_socket; add one, /],
    ['a configuration that is no YAML', '--config b.yaml', /b\.yaml:2:1: .*; --socket PATH works all the same$/],
  ]
  test.each(asking)('%s', async (_what, words, message) => {
    const cwd = await folder({ 'a.yaml': smallest, 'b.yaml': '{ unclosed\n' })
    for (const args of [['status'], ['sessions', 'list'], ['grants', 'list'], ['requests', 'list']]) {
      const { code, stdout, stderr } = await einlass([...args, ...words.split(' ')], cwd)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(new RegExp(`^einlass ${args[0]}: [^\\n]+\\n$`))
      expect(stderr.trimEnd()).toMatch(message)
    }
  })
})

describe('output', () => {
  test('einlass schema prints a JSON Schema that says which draft it is in', async () => {
    const { code, stdout, stderr } = await run(['schema'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const answer = JSON.parse(stdout) as { properties: object }
    expect(answer).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' })
    expect(Object.keys(answer.properties)).toEqual(expect.arrayContaining(['gateway', 'identity', 'apps', 'store']))
  })

  test('a reader that leaves early ends nothing badly, and the exit code stays the answer', async () => {
    const cwd = await folder({ 'a.yaml': smallest })
    const denied = ['explain', '--config', 'a.yaml', '--app', 'wiki', '--user', 'x@example.com']
    for (const [args, expected] of [
      [['schema'], 0],
      [denied, 4],
    ] as const) {
      const child = spawn(process.execPath, [launcher, ...args], {
        cwd,
        env: { ...process.env, OIDC_CLIENT_SECRET: 'x' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      // Before it writes: every write fails.
      child.stdout.destroy()
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
      const code = await new Promise((resolve) => child.once('close', resolve))
      expect({ code, stderr }).toEqual({ code: expected, stderr: '' })
    }
  })

  test('has no colour and no other escape where no terminal is, whatever the environment wants', async () => {
    const cwd = await folder({ 'a.yaml': smallest })
    const all = [
      [],
      ['--help'],
      ['demo', '--help'],
      ['check', '--config', 'a.yaml'],
      ['chek'],
      ['serve', '--config', 'x'],
    ]
    const explaining = ['explain', '--config', 'a.yaml', '--app', 'wiki', '--user', 'x@example.com']
    for (const args of [...all, explaining]) {
      const { stdout, stderr } = await run(args, { cwd, env: { TERM: 'xterm-256color', COLORTERM: 'truecolor' } })
      expect(`${stdout}${stderr}`).not.toMatch(/\u001b/)
    }
  })
})
