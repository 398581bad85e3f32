// All commands: help, usage errors, closed pipes, and no colours without a terminal.

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
import { einlass, launcher, run, runInProcess } from './run-command.ts'

const names = ['demo', 'serve', 'check', 'explain', 'schema', 'sessions', 'grants', 'requests', 'emergency', 'status']
const commands = { serve, check, explain, schema, sessions, grants, requests, emergency, status }
const shared = '[--socket PATH | --config FILE] [--json]'

describe('einlass', () => {
  test('lists the commands: without a command with exit 2, with --help with exit 0', async () => {
    const nothing = await einlass([])
    expect(nothing).toMatchObject({ code: 2, stdout: '' })
    for (const words of [['--help'], ['-h'], ['help']]) {
      expect(await einlass(words)).toEqual({ code: 0, stdout: nothing.stderr, stderr: '' })
    }
    expect(nothing.stderr).toMatch(/^usage: einlass COMMAND \[options\]\n\n/)
    for (const name of names) expect(nothing.stderr).toMatch(new RegExp(`^ {2}${name} {2,}\\S`, 'm'))
  })

  test('rejects an unknown command in one line, with a suggestion', async () => {
    expect(await einlass(['explan', '--app', 'x'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'einlass: unknown command "explan" (did you mean "explain"?); see "einlass --help"\n',
    })
    for (const odd of ['constructor', '__proto__', 'a\nb', '']) {
      const { code, stderr } = await einlass([odd])
      expect(code).toBe(2)
      expect(stderr).toMatch(/^einlass: unknown command "[^\n]*"; see "einlass --help"\n$/)
    }
  })

  test('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Version
    expect(await einlass(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test.each(names)('%s has help, on standard output and with exit 0, within the width of a terminal', async (name) => {
    const help = await einlass([name, '--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(new RegExp(`^usage: einlass ${name}`, 'i'))
    expect(await einlass(['help', name])).toEqual(help)
    expect(await einlass([name, '-h'])).toEqual(help)
    const [, ...lines] = help.stdout.split('\n')
    expect(lines.filter((line) => line.length > 120)).toEqual([])
  })
})

interface Version {
  readonly version: string
}

describe('a usage error: exit 2, one line with the problem and the usage, nothing on standard output', () => {
  const wrong: readonly (readonly [keyof typeof commands, string, string])[] = [
    ['check', '', 'missing --config'],
    ['check', '--confg a.yaml', 'unknown option --confg (did you mean "--config"?)'],
    ['check', '-c a.yaml', 'unknown option -c'],
    ['check', '--config', '--config requires a value'],
    ['check', '--config --json', '--config requires a value'],
    ['check', '--config=', '--config requires a value'],
    ['check', '--config a --config b', 'duplicate --config'],
    ['check', '--config a --json=yes', '--json takes no value'],
    ['check', 'a.yaml', 'unexpected argument "a.yaml"'],
    ['explain', '--app erp', 'missing --config'],
    ['explain', '--config a.yaml', 'missing --app'],
    ['explain', '--config a.yaml --app erp --grop x', 'unknown option --grop (did you mean "--group"?)'],
    ['schema', 'yaml', 'unexpected argument "yaml"'],
    ['serve', '', 'missing --config'],
    ['serve', '--config a.yaml --log-level inof', '--log-level: unknown level "inof" (did you mean "info"?)'],
    ['serve', '--config a.yaml --log-level 3', 'known levels: debug, info, warn, error, silent'],
    ['sessions', '', 'missing command; known commands: list, end'],
    ['sessions', 'lst', 'unknown command "lst" (did you mean "list"?)'],
    ['sessions', 'list x', 'list takes no SESSION'],
    ['sessions', 'end', 'expected either SESSION or --user'],
    ['sessions', 'end a --user b', 'expected either SESSION or --user'],
    ['sessions', 'end a b', 'unexpected argument "b"'],
    ['sessions', 'list', 'missing --socket or --config'],
    ['grants', 'give', 'unknown command "give"'],
    ['grants', 'list x', 'unexpected argument "x"'],
    ['grants', 'list --who x', '--who is an option of add, not of list'],
    ['grants', 'revoke', 'missing GRANT'],
    ['grants', 'add --app a --for 1h', 'missing --who'],
    ['grants', 'add --who a|b --for 1h', 'missing --app'],
    ['grants', 'add --who a|b --app a', 'missing --for or --until'],
    ['grants', 'add --who a|b --app a --for 1h --until 2026-12-01', 'exclude each other'],
    ['grants', 'add --who a|b --app a --for soon', '--for: expected a duration such as 90s'],
    ['grants', 'add --who a|b --app a --for 0s', '--for: expected a duration such as 90s'],
    ['grants', 'add --who a|b --app a --until soon', '--until: expected a time such as'],
    ['grants', 'add --who a|b --app a --from soon --for 1h', '--from: expected a time such as'],
    [
      'grants',
      'add --who a|b --app a --from 2026-12-02 --until 2026-12-01',
      '--until: the grant ends before it begins',
    ],
    ['grants', 'add --who a|b --app a --for 1h --level all', '--level: expected read or full'],
    ['grants', 'list --limit many', '--limit: expected a number such as 100'],
    ['grants', 'list --for 1h', '--for is an option of add and extend, not of list'],
    ['grants', 'revoke x --limit 1', '--limit is an option of list, not of revoke'],
    ['grants', 'extend', 'missing GRANT'],
    ['grants', 'extend x', 'missing --for or --until'],
    ['grants', 'extend x --for 1h --sponsor a', '--sponsor is an option of add, not of extend'],
    ['requests', '', 'missing command; known commands: list, show, approve, deny, withdraw, revoke, review'],
    ['requests', 'aprove x', 'unknown command "aprove" (did you mean "approve"?)'],
    ['requests', 'list x', 'unexpected argument "x"'],
    ['requests', 'list --comment x', '--comment is not an option of list'],
    ['requests', 'list --limit 0', '--limit: expected a number such as 100'],
    ['requests', 'approve', 'missing REQUEST'],
    ['requests', 'approve x y', 'unexpected argument "y"'],
    ['requests', 'approve x --for long', '--for: expected a duration such as 90s'],
    ['requests', 'approve x --level all', '--level: expected read or full'],
    ['requests', 'deny x --level read', '--level is not an option of deny'],
    ['emergency', 'create', 'missing --app'],
    ['emergency', 'create --app a --for ever', '--for: expected a duration such as 30m or 1h'],
    ['emergency', 'create --app a --expires never', '--expires: expected a duration such as 90d'],
    ['emergency', 'revoke', 'missing CODE-ID'],
    ['emergency', 'list --app a', '--app is an option of create, not of list'],
    ['requests', 'list', 'missing --socket or --config'],
    ['status', 'now', 'unexpected argument "now"'],
    ['status', '', 'missing --socket or --config'],
  ]
  test.each(wrong)('%s %s', async (name, words, message) => {
    const { code, stdout, stderr } = await runInProcess(commands[name], words === '' ? [] : words, '/')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^einlass ${name}: [^\\n]+; usage: einlass ${name}[^\\n]*\\n$`))
    expect(stderr).toContain(message)
  })

  test('commands of the admin API share the connection options', async () => {
    for (const name of ['sessions', 'grants', 'requests', 'emergency', 'status'] as const) {
      const { stderr } = await runInProcess(commands[name], '--nonsense', '/')
      expect(stderr.trimEnd().endsWith(shared), stderr).toBe(true)
    }
  })
})

describe('a gateway that cannot be asked: exit 1 and one line', () => {
  const asking: readonly (readonly [string, string, RegExp])[] = [
    ['no socket', '--socket none.sock', /none\.sock: no such socket: is the gateway running\?$/],
    ['a file that is no socket', '--socket secret.key', /secret\.key: no gateway is listening on this socket$/],
    ['a path that is too long', `--socket ${'x'.repeat(200)}`, /: the path is too long for a socket$/],
    ['no such configuration', '--config none.yaml', /none\.yaml: the file cannot be read \(ENOENT\)$/],
    ['a configuration without a socket', '--config a.yaml', /a\.yaml: gateway\.admin_socket is missing; add it, /],
    [
      'a configuration that is no YAML',
      '--config b.yaml',
      /b\.yaml:1:1: this bracket is not closed, .*; use --socket PATH instead$/,
    ],
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
  test('einlass schema prints a JSON Schema with its dialect', async () => {
    const { code, stdout, stderr } = await run(['schema'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const answer = JSON.parse(stdout) as { properties: object }
    expect(answer).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' })
    expect(Object.keys(answer.properties)).toEqual(expect.arrayContaining(['gateway', 'identity', 'apps', 'store']))
  })

  test('a closed pipe causes no error and keeps the exit code', async () => {
    const cwd = await folder({ 'a.yaml': smallest })
    const denied = ['explain', '--config', 'a.yaml', '--app', 'wiki', '--user', 'x@example.com']
    for (const [args, expected] of [
      [['schema'], 0],
      [denied, 4],
    ] as const) {
      const child = spawn(process.execPath, [launcher, ...args], {
        cwd,
        env: { ...process.env, OIDC_CLIENT_SECRET: 'x'.repeat(20) },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      // Before the first write, so that every write fails.
      child.stdout.destroy()
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
      const code = await new Promise((resolve) => child.once('close', resolve))
      expect({ code, stderr }).toEqual({ code: expected, stderr: '' })
    }
  })

  test('has no escape sequences without a terminal, regardless of the environment', async () => {
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
