// Warnings about addresses in rules, roles and grants that several providers can state, or that no sign-in can have.

import { describe, expect, test } from 'vitest'
import { warnings } from '../config-fixtures.ts'

const provider = '{ issuer: "https://login.example.com", client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET'
const file = (providers: Readonly<Record<string, string>>, rest: string, policy = '[{ allow: {} }]') =>
  `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity:
  providers:
${Object.entries(providers)
  .map(([name, more]) => `    ${name}: ${provider}${more} }\n`)
  .join('')}${rest}
apps: { erp: { from: https://erp.example.com, to: http://10.0.0.1, policy: ${policy} } }
`
const two = { company: '', second: '' }
const listed = '[{ allow: { users: [ada@corp.example] } }]'
const stated = /can state this address: list corp\.example under `domains`/

describe('several providers, none of which vouches for the domain', () => {
  test.each([
    ['a rule', '', listed, 'apps.erp.policy[0].allow.users[0]'],
    [
      'a deny',
      '',
      '[{ allow: {} }, { deny: { not: { users: ada@corp.example } } }]',
      'apps.erp.policy[1].deny.not.users',
    ],
    ['a role', 'roles: { owners: { users: [x|1, ada@corp.example] } }', undefined, 'roles.owners.users[1]'],
    [
      'approvers',
      '',
      '[{ allow: { grant: required } }], requests: { eligible: {}, approvers: { users: [ada@corp.example] }, max_duration: 1h }',
      'apps.erp.requests.approvers.users[0]',
    ],
  ])('%s', async (_name, rest, policy, place) => {
    const found = (await warnings(file(two, rest, policy))).filter((text) => stated.test(text))
    expect(found).toEqual([expect.stringContaining(`${place}: each of company, second can state`)])
  })

  test.each([
    ['one provider', { company: '' }, listed],
    ['one provider beside an external one', { company: '', partner: ', external: true' }, listed],
    ['one vouches', { company: ', domains: [Corp.example]', second: '' }, listed],
    ['named by provider', two, '[{ allow: { users: ["company|mailto:ada@corp.example", "second|7"] } }]'],
  ])('not with %s', async (_name, providers, policy) => {
    expect((await warnings(file(providers as Record<string, string>, '', policy))).join()).not.toMatch(/address|nobody/)
  })
})

test('an address that matches nobody, because another provider vouches for it', async () => {
  const providers = {
    company: ', domains: [corp.example]',
    second: '',
    partner: ', external: true, domains: [p.example]',
  }
  const policy = '[{ allow: { users: ["second|mailto:ada@corp.example", mo@p.example] } }]'
  const grant = 'grants: [{ who: { provider: second, email: ada@corp.example }, app: erp, until: 2030-01-01 }]'
  const found = await warnings(file(providers, grant, policy))
  expect(found).toEqual([
    expect.stringContaining('grants[0].who: matches no user'),
    expect.stringContaining(
      'users[0]: matches no user: addresses of corp.example count only from the provider "company"',
    ),
    expect.stringContaining(
      'users[1]: matches no user: users of the external provider "partner" are listed as partner|mailto:mo@p.example',
    ),
  ])
})
