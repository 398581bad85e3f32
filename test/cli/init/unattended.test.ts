// `einlass init` by options alone: complete, or one error that names what is missing or wrong, and nothing written.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { init } from '../../../src/cli/init/init.ts'
import { startProvider, type DemoProvider } from '../../../src/demo/provider/provider.ts'
import { folder } from '../../config/config-fixtures.ts'
import { launcher, runInProcess, type CommandResult } from '../run-command.ts'

const clientSecret = 'never-shown-4711'
let provider: DemoProvider

beforeAll(async () => {
  provider = await startProvider({
    port: 0,
    people: [],
    clients: [{ clientId: 'einlass', clientSecret, redirectUris: ['http://access.localhost:8080/callback/default'] }],
  })
})
afterAll(() => provider.stop())

/** `changes`: undefined leaves the option out. */
function wordsOf(changes: Readonly<Record<string, string | undefined>> = {}): string[] {
  const all: Readonly<Record<string, string | undefined>> = {
    domain: 'http://access.localhost:8080',
    issuer: provider.issuer,
    'client-id': 'einlass',
    'client-secret-file': '../secret.txt',
    'app-to': provider.issuer,
    'app-name': 'Wiki',
    'allow-group': 'staff',
    'time-zone': 'Europe/Berlin',
    organisation: 'Muster',
    ...changes,
  }
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
}

async function attempt(
  words: readonly string[],
): Promise<CommandResult & { readonly cwd: string; readonly files: string[] }> {
  const parent = await folder()
  await writeFile(join(parent, 'secret.txt'), `${clientSecret}\n`, { mode: 0o600 })
  const cwd = join(parent, 'new')
  await mkdir(cwd)
  const result = await runInProcess(init, [...words], cwd)
  return { ...result, cwd, files: (await readdir(cwd)).toSorted() }
}

test('writes a valid configuration, and says where to click and how to go on', async () => {
  const { code, stdout, stderr, cwd, files } = await attempt(wordsOf())
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(files).toEqual(['client.secret', 'einlass.schema.json', 'einlass.yaml', 'secret.key'])
  for (const part of [
    'http://access.localhost:8080/callback/default',
    'http://access.localhost:8080/signed-out',
    'http://access.localhost:8080/backchannel-logout/default',
    'The provider accepts this client.',
    'einlass.yaml: valid (1 app',
    'einlass serve --config einlass.yaml',
    'then open http://wiki.localhost:8080',
  ])
    expect(stdout).toContain(part)
  expect(stdout).not.toContain(clientSecret)
  expect(await readFile(join(cwd, 'client.secret'), 'utf8')).toBe(`${clientSecret}\n`)
  const yaml = await readFile(join(cwd, 'einlass.yaml'), 'utf8')
  expect(yaml).not.toContain(clientSecret)
  await expect(runInProcess(init, wordsOf(), cwd)).rejects.toThrow(
    'einlass.yaml exists already, and nothing is ever overwritten',
  )
  expect(await readFile(join(cwd, 'einlass.yaml'), 'utf8')).toBe(yaml)
})

test('takes the secret from standard input', async () => {
  const parent = await folder()
  const words = ['init', '--directory', 'a/b', ...wordsOf({ 'client-secret-file': '-' })]
  const child = spawn(process.execPath, [launcher, ...words], { cwd: parent, stdio: ['pipe', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
  child.stdin.end(`${clientSecret}\n`)
  const [code] = (await once(child, 'close')) as [number]
  expect([code, stderr]).toEqual([0, ''])
  expect(await readFile(join(parent, 'a/b/client.secret'), 'utf8')).toBe(`${clientSecret}\n`)
})

test('one error lists every option that is missing', async () => {
  const { code, stderr, files } = await attempt([])
  expect(code).toBe(2)
  expect(stderr).toBe(
    'einlass init: nobody can be asked here; missing --domain, --acme-mail (or --tls-cert and --tls-key), --issuer, --client-id, --client-secret-file, --app-to, --allow-group (or --allow-domain, --allow-mail); usage: einlass init [--directory DIR] [--yes] [options]\n',
  )
  expect(files).toEqual([])
})

test('proposes the client id where one chooses it, as the dialogue does; else it is missing', async () => {
  const { code, stderr, cwd } = await attempt(wordsOf({ 'client-id': undefined }))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(await readFile(join(cwd, 'einlass.yaml'), 'utf8')).toContain('client_id: einlass')
  for (const chosen of [{ kind: 'okta' }, { issuer: 'https://accounts.google.com' }]) {
    const refused = await attempt(wordsOf({ 'client-id': undefined, ...chosen }))
    expect(refused.stderr).toContain('missing --client-id;')
    expect(refused.files).toEqual([])
  }
})

describe('refuses, and writes nothing:', () => {
  test.each<[string, Record<string, string | undefined>, string]>([
    ['an address that is none', { domain: 'http://access.example.com' }, '--acme-mail (or'],
    ['a kind that does not exist', { kind: 'keyclock' }, '--kind: expected a number of the list, or one of keycloak'],
    [
      'a secret file that is missing',
      { 'client-secret-file': 'none' },
      '--client-secret-file: none cannot be read (ENOENT)',
    ],
    [
      'an upstream that is a metadata service',
      { 'app-to': 'http://169.254.169.254' },
      '--app-to: this leads to a metadata service of a cloud',
    ],
    ['a secret reference as a group', { 'allow-group': 'env:HOME' }, 'would be read as a secret reference'],
    ['a domain of mail that is none', { 'allow-group': undefined, 'allow-domain': 'x y' }, 'x y is no domain'],
    [
      'an address for people on another port',
      { 'app-from': 'http://wiki.localhost:9000' },
      '--app-from: Einlass listens on port 8080',
    ],
    [
      'the address of Einlass as that of an application',
      { 'app-from': 'http://access.localhost:8080' },
      '--app-from: this is the address of Einlass itself',
    ],
    ['a shape without a claim', { 'groups-shape': 'path' }, '--groups-shape needs --groups-claim'],
    ['a time zone that is none', { 'time-zone': 'Mars/Olympus' }, '--time-zone: expected an IANA name'],
    ['another language', { language: 'fr' }, '--language: expected en or de'],
    [
      'two ways to a certificate',
      { 'acme-mail': 'a@example.com', 'tls-cert': 'x' },
      '--acme-mail and --tls-cert contradict each other',
    ],
    ['a provider beside the demo provider', { 'demo-provider': '' }, '--demo-provider'],
  ])('%s', async (_what, changes, said) => {
    const words = wordsOf(changes).filter((word) => word !== '')
    const { code, stderr, files } = await attempt(words)
    expect({ code, stderr, files }).toEqual({ code: 2, stderr: expect.stringContaining(said), files: [] })
  })

  test.each<[string, () => Record<string, string>, RegExp]>([
    [
      'a provider that does not answer',
      () => ({ issuer: 'http://127.0.0.1:9' }),
      /cannot be used as it is \(connection_refused/,
    ],
    [
      'a client that the provider does not know',
      () => ({ 'client-id': 'somebody' }),
      /does not accept this client \(invalid_client\)/,
    ],
  ])('%s', async (_what, changes, said) => {
    const parent = await folder({ 'secret.txt': clientSecret })
    const cwd = join(parent, 'new')
    await mkdir(cwd)
    await expect(runInProcess(init, wordsOf(changes()), cwd)).rejects.toThrow(said)
    expect(await readdir(cwd)).toEqual([])
  })
})

test('--demo-provider is for loopback only', async () => {
  for (const domain of ['access.example.com', 'https://access.localhost:8443', '192.0.2.1', 'http://0.0.0.0:8080']) {
    const { code, stderr, files } = await attempt(['--demo-provider', '--domain', domain, '--app-to', provider.issuer])
    expect({ domain, code, stderr, files }).toEqual({
      domain,
      code: 2,
      stderr: expect.stringContaining('einlass init: --domain: '),
      files: [],
    })
  }
})
