// Where a provider's groups come from, in the configuration: the claim and its shape, and the directory beyond the token.

import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import type { ProviderSettings } from '../../../src/config/provider-settings.ts'
import { problems, valid, validTogether, warnings, wiki } from '../config-fixtures.ts'

const gateway = `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }\n`
const file = (more: string): string =>
  `${gateway}identity: { issuer: https://login.example.com, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET, ${more} }\napps:\n${wiki}`
const built = async (more: string, files = {}): Promise<ProviderSettings> =>
  (await valid(file(more), files)).providers.get('default')!
/** Without place. */
const messages = (found: readonly string[]): string[] => found.map((text) => text.replace(/^\d+:\d+: /, ''))

const pemOf = (type: 'rsa' | 'ed25519'): string =>
  (type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ed25519')
  ).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string
const accountOf = (private_key: unknown): string =>
  JSON.stringify({ type: 'service_account', client_email: 'sa@p.iam.gserviceaccount.com', private_key })
const rsa = pemOf('rsa')
const keyFile = { 'sa.json': accountOf(rsa) }
const directory = (account = 'file:sa.json'): string =>
  `kind: google, hosted_domain: example.com, groups_from: google_directory, google_directory: { service_account: ${account}, admin: reader@example.com }`

describe('claims.groups', () => {
  test.each([
    ['kind: generic', { claim: 'groups', shape: 'list', field: undefined }],
    ['claims: { groups: realm_access.roles }', { claim: 'realm_access.roles', shape: 'list', field: undefined }],
    [
      'claims: { groups: { claim: "urn:zitadel:iam:org:project:roles", shape: keys } }',
      { claim: 'urn:zitadel:iam:org:project:roles', shape: 'keys', field: undefined },
    ],
    ['claims: { groups: { field: name } }', { claim: 'groups', shape: 'list', field: 'name' }],
    ['claims: { groups: { shape: path } }', { claim: 'groups', shape: 'path', field: undefined }],
    ['claims: { groups: { claim: member_of, shape: csv } }', { claim: 'member_of', shape: 'csv', field: undefined }],
  ])('%s', async (more, wanted) => {
    expect((await built(more)).claims.groups).toEqual(wanted)
  })

  test('of a shape with one text or keys has no field, and knows no other shape', async () => {
    expect(messages(await problems(file('claims: { groups: { shape: keys, field: name } }')))).toEqual([
      'identity.claims.groups.field: applies to shape: list and shape: path, not to keys',
    ])
    expect(await problems(file('claims: { groups: { shape: tree } }'))).toHaveLength(1)
    expect(await problems(file('claims: { groups: [a] }'))).toHaveLength(1)
  })
})

describe('groups_from', () => {
  test('is the token by default, graph for Entra only, google_directory for Google only', async () => {
    expect((await built('kind: entra')).groupsFrom).toBe('token')
    expect((await built('kind: entra, groups_from: graph')).groupsFrom).toBe('graph')
    expect((await built('groups_from: userinfo')).groupsFrom).toBe('userinfo')
    expect(messages(await problems(file('kind: okta, groups_from: graph')))).toEqual([
      'identity.groups_from: `graph` applies to `kind: entra` only',
    ])
    expect(
      messages(
        await problems(file(directory().replace('kind: google, hosted_domain: example.com', 'kind: okta')), keyFile),
      ),
    ).toEqual(['identity.groups_from: `google_directory` applies to `kind: google` only'])
  })

  test('google_directory has a service account by its key file, and an admin', async () => {
    const settings = await built(directory(), keyFile)
    expect(settings).toMatchObject({
      groupsFrom: 'google_directory',
      googleDirectory: { account: 'sa@p.iam.gserviceaccount.com', admin: 'reader@example.com' },
    })
    expect(settings.googleDirectoryKey).toBe(rsa)
    expect(JSON.stringify(settings)).not.toContain('PRIVATE KEY')
  })

  test.each([
    [
      'an incomplete one',
      'kind: google, hosted_domain: a.test, groups_from: google_directory, google_directory: { admin: a@b.test }',
      {},
      /service_account/,
    ],
    [
      'none',
      'kind: google, hosted_domain: a.test, groups_from: google_directory',
      {},
      /needs the key `google_directory` beside it/,
    ],
    [
      'one without groups_from',
      directory().replace('groups_from: google_directory, ', ''),
      keyFile,
      /has no effect without/,
    ],
    ['a key of another type', directory(), { 'sa.json': accountOf(pemOf('ed25519')) }, /expected the JSON key file/],
    ['a file that is the key alone', directory(), { 'sa.json': rsa }, /expected the JSON key file/],
  ])('google_directory with %s is an error', async (_name, more, files, message) => {
    expect((await problems(file(more), files)).join('\n')).toMatch(message)
  })

  test('a key in clear text is a warning', async () => {
    const literal = directory(JSON.stringify(accountOf(rsa)))
    expect((await warnings(file(literal))).join('\n')).toMatch(
      /google_directory\.service_account: secret in clear text/,
    )
  })
})

test('a rule on a group that the directory cannot name so is a warning: it would deny or allow nobody', async () => {
  const id = '6b1f9a3e-0c56-4b0e-8a55-3f3d4f0c9a01'
  const graph = file('kind: entra, groups_from: graph')
  expect(messages(await warnings(graph))).toEqual([
    'apps.wiki.policy: no user is in the group "staff": groups_from names groups by object ids',
  ])
  expect(await warnings(graph.replace('[staff]', `["${id}"]`))).toEqual([])
  expect(await warnings(file('kind: entra'))).toEqual([])
})

test('the comparison of two configurations tells where groups come from in future', async () => {
  const compared = async (before: string, after: string): Promise<string[]> =>
    compareConfigurations(...(await validTogether(file(before), file(after))))
  expect(await compared('kind: entra', 'kind: entra, claims: { groups: roles }')).toEqual([
    'provider default: groups come from the claim roles',
  ])
  expect(await compared('kind: generic', 'claims: { groups: { shape: list, field: name } }')).toEqual([
    'provider default: groups come from the claim groups (list, field name)',
  ])
  expect(await compared('kind: generic', 'groups_from: userinfo')).toEqual([
    'provider default: groups come from the claim groups of UserInfo',
  ])
  expect(await compared('kind: entra', 'kind: entra, groups_from: graph')).toEqual([
    'provider default: groups come from the claim groups, beyond it from Microsoft Graph',
  ])
})
