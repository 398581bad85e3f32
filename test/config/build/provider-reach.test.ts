// How a provider is reached: what the configuration accepts, what it reads from files, and what it never prints.

import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { printProblem } from '../../../src/config/load/problem.ts'
import { load, smallest, valid, wildcard } from '../config-fixtures.ts'
import { makeCertificate } from '../test-certificate.ts'

const files = { 'ca.pem': wildcard.cert, 'client.crt': wildcard.cert, 'client.key': wildcard.key }
const written = (more: string, secret = 'client_secret: env:OIDC_CLIENT_SECRET'): string =>
  smallest.replace('client_secret: env:OIDC_CLIENT_SECRET', `${secret}, ${more}`)
const provider = async (more: string, secret?: string) =>
  (await valid(written(more, secret), files)).providers.get('default')!

/** Problems and warnings, without file and position. */
async function said(more: string, secret?: string): Promise<string[]> {
  const loaded = await load(written(more, secret), files)
  const all = [...(loaded.state === 'invalid' ? loaded.problems : []), ...loaded.warnings]
  return all.map((one) => printProblem(one).replace(/^.*?:\d+:\d+: /, ''))
}

test('files are read, so that a changed one is another configuration', async () => {
  const built = await provider(
    'ca: ca.pem, client_cert: client.crt, client_key: client.key, client_auth: tls',
    'title: Company',
  )
  expect(built.ca).toBe(wildcard.cert)
  expect(built.clientCertificate).toEqual({ cert: wildcard.cert, key: wildcard.key })
  const before = await valid(written('ca: ca.pem'), files)
  const after = await valid(written('ca: ca.pem'), { ...files, 'ca.pem': makeCertificate(['other.example.com']).cert })
  expect(before.hash).not.toBe(after.hash)
  expect(before.watched.some((file) => file.endsWith('/ca.pem'))).toBe(true)
})

test('neither the password of a proxy nor a private key is printed', async () => {
  const built = await provider(
    'proxy: "http://gateway:hidden-password@proxy.example.com:3128", client_cert: client.crt, client_key: client.key',
  )
  expect(built.proxy).toContain('hidden-password')
  for (const shown of [JSON.stringify(built), inspect(built, { depth: 9 })]) {
    expect(shown).not.toContain('hidden-password')
    expect(shown).not.toContain('PRIVATE KEY')
  }
})

describe('a problem, with what is expected:', () => {
  test.each([
    ['proxy: proxy.example.com', 'identity.proxy: expected a URL such as http://proxy.example.com:3128, or none'],
    [
      'proxy: "socks5://proxy.example.com"',
      'identity.proxy: expected a URL such as http://proxy.example.com:3128, or none',
    ],
    ['proxy: "http://169.254.169.254:80"', 'identity.proxy: 169.254.169.254 is a metadata service of a cloud'],
    ['endpoints: { token: "ftp://x" }', 'identity.endpoints.token: expected an address such as https://...'],
    [
      'endpoints: { token: "http://8.8.8.8/token" }',
      'identity.endpoints.token: expected https: (http: is only for private addresses)',
    ],
    [
      'endpoints: { token: "https://169.254.1.1/token" }',
      'identity.endpoints.token: 169.254.1.1 is a link-local address',
    ],
    [
      'endpoints: { authorization: "http://keycloak:8080/auth" }',
      'identity.endpoints.authorization: expected https: browsers go there',
    ],
    [
      'endpoints: { jwks: "https://user:pw@x.example/jwks" }',
      'identity.endpoints.jwks: must not contain a user name or password',
    ],
    ['client_auth: private_key_jwt', 'identity.client_auth: needs private_key, not client_secret'],
    [
      'client_auth: tls, client_cert: client.crt, client_key: client.key',
      'identity.client_auth: the client certificate takes the place of client_secret and private_key',
    ],
    ['client_cert: client.crt', 'identity: client_key is missing'],
    ['ca: client.key', 'identity.ca: the file contains no certificate in PEM format'],
    ['domains: ["ｅxample.com"]', 'identity.domains[0]: ｅxample.com is no domain name'],
  ])('%s', async (more, expected) => {
    expect(await said(more)).toContain(expected)
  })

  test.each([
    'state',
    'nonce',
    'redirect_uri',
    'response_type',
    'client_id',
    'code_challenge',
    'code_challenge_method',
    'request',
    'request_uri',
    'Nonce',
  ])('authorization_params: %s', async (name) => {
    expect(await said(`authorization_params: { ${name}: x }`)).toEqual([
      `identity.authorization_params.${name}: ${name} is a parameter that the gateway sets itself`,
    ])
  })

  test('scope and max_age have settings of their own, and prompt=none lets nobody in', async () => {
    expect(await said('authorization_params: { scope: x, max_age: "5", prompt: none }')).toEqual([
      'identity.authorization_params.scope: scope is a parameter that the gateway sets itself (set `scopes`)',
      'identity.authorization_params.max_age: max_age is a parameter that the gateway sets itself (set `step_up.max_age`)',
      'identity.authorization_params.prompt: no user could sign in: `none` forbids the provider to ask',
    ])
  })
})

describe('a warning:', () => {
  test('a password in clear text, and an address without TLS', async () => {
    expect(await said('proxy: "http://a:secret-word@proxy.example.com:3128"')).toEqual([
      'identity.proxy: password in clear text; use env:NAME or file:PATH',
    ])
    expect(await said('endpoints: { token: "http://keycloak:8080/token" }')).toEqual([
      expect.stringContaining('identity.endpoints.token: in clear text'),
    ])
    expect(await said('endpoints: { token: "http://10.0.0.5:8080/token" }')).toHaveLength(1)
    expect(await said('endpoints: { token: "https://inner.example.com/token" }')).toEqual([])
  })

  const mfa = (more: string, rule = 'mfa: true'): string =>
    written(more).replace('allow: { groups: [staff] }', `allow: { groups: [staff], ${rule} }`)
  const warnings = async (text: string) => (await load(text, files)).warnings.map(({ message }) => message)

  test('rules require MFA and nothing is configured to ask for it with', async () => {
    expect(await warnings(mfa('kind: generic'))).toEqual([
      expect.stringContaining('there is nothing to ask this provider for it with'),
    ])
    for (const enough of [
      'kind: okta',
      'kind: auth0',
      'kind: adfs, email_verified: required',
      'kind: zitadel',
      'step_up: { prompt: login }',
    ])
      expect(await warnings(mfa(enough))).toEqual([])
    // A rule's own `max_age` asks for a new sign-in.
    expect(await warnings(mfa('kind: generic', 'mfa: { max_age: 1h }'))).toEqual([])
  })

  test.each(['gitlab', 'dex'])('rules require MFA that %s never states', async (kind) => {
    expect(await warnings(mfa(`kind: ${kind}`))).toEqual([
      `rules require mfa, but kind ${kind} states no second factor: no user can meet them`,
    ])
  })

  test('AD FS states no email_verified', async () => {
    expect(await warnings(written('kind: adfs'))).toEqual([
      expect.stringContaining('AD FS does not state email_verified'),
    ])
    expect(await warnings(written('kind: adfs, email_verified: assumed'))).toEqual([])
  })
})

test('an internationalised domain is compared in ASCII, in rules and in `domains`', async () => {
  const text = written('domains: [München.example]').replace('groups: [staff]', 'users: [Kim@München.example]')
  const configuration = await valid(text)
  expect(configuration.providers.get('default')!.domains).toEqual(['xn--mnchen-3ya.example'])
  expect(configuration.apps.get('wiki')!.declaration.rules[0]!.when.users).toEqual(['kim@xn--mnchen-3ya.example'])
})

test('client_auth: private_key_jwt with a private key is valid', async () => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string
  const loaded = await load(written('client_auth: private_key_jwt', 'private_key: file:key.pem'), { 'key.pem': pem })
  expect(loaded.state).toBe('valid')
})
