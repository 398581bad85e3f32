// `einlass check --online`: the group directory of a provider is asked once, and what is missing is said in one line.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDirectoryUnderTest, type DirectoryUnderTest } from '../support/directory-under-test.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import { folder } from '../config/config-fixtures.ts'
import { check } from '../../src/cli/check.ts'
import { runInProcess, type CommandResult } from './run-command.ts'

let provider: ProviderUnderTest
let directory: DirectoryUnderTest
let file: string

beforeEach(async () => {
  provider = await startProviderUnderTest()
  directory = createDirectoryUnderTest()
  provider.deviation.handle = directory.handle
  const path = await folder({ 'client.secret': provider.clientSecret })
  file = join(path, 'einlass.yaml')
  await writeFile(
    file,
    `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { issuer: "${provider.issuer}", client_id: einlass, client_secret: file:client.secret, kind: entra, groups_from: graph }
apps: { wiki: { from: https://wiki.example.com, to: http://10.20.0.7:3000, policy: [{ allow: { groups: [staff] } }] } }
`,
  )
})
afterEach(() => provider.stop())

const run = (...more: string[]): Promise<CommandResult> => runInProcess(check, ['--config', file, ...more], '/')
/** The line about the directory; those about names and upstreams depend on the network. */
const directoryLine = (text: string): string | undefined =>
  text.split('\n').find((line) => line.includes(': groups from '))

test('a directory that lists groups is a tick; without --online nothing is asked', async () => {
  const offline = await run()
  expect([offline.code, directory.asked]).toEqual([0, []])
  const online = await run('--online')
  expect(directoryLine(online.stdout)).toBe('✓ provider default: groups from graph')
  expect(directory.asked).toHaveLength(1)
})

test('a missing permission is named, with exit 1', async () => {
  directory.answer = (_request, response) => {
    response.writeHead(403, { 'content-type': 'application/json' }).end('{}')
    return true
  }
  const told = await run('--online')
  expect(told.code).toBe(1)
  expect(directoryLine(told.stdout)).toMatch(
    /^✗ provider default: groups from graph: the directory answered 403: insufficient permission; grant the application permission GroupMember\.Read\.All .* with admin consent$/,
  )
  const parsed = JSON.parse((await run('--online', '--json')).stdout)
  expect(parsed).toMatchObject({
    valid: true,
    online: expect.arrayContaining([
      expect.objectContaining({ name: expect.stringContaining(provider.issuer) }),
      expect.objectContaining({
        ok: false,
        detail: expect.stringContaining('403'),
        mend: expect.stringContaining('GroupMember'),
      }),
    ]),
  })
})

test('a provider that does not answer is told as well', async () => {
  await provider.pause()
  const told = await run('--online')
  expect([told.code, directoryLine(told.stdout)]).toEqual([
    1,
    expect.stringMatching(/^✗ provider default: groups from graph: /),
  ])
  await provider.resume()
})
