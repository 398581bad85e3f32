// `domains` as a condition, and user entries that mean a whole domain.

import { expect, test } from 'vitest'
import { load, valid, warnings } from '../config-fixtures.ts'
import { printProblem } from '../../../src/config/load/problem.ts'

const file = (policy: string, rest = '', identity = '') =>
  `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { issuer: https://login.example.com, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET${identity} }
${rest}
apps: { erp: { from: https://erp.example.com, to: http://10.0.0.1, policy: ${policy} } }
`
async function problems(text: string): Promise<string[]> {
  const loaded = await load(text)
  return loaded.state === 'invalid' ? loaded.problems.map(printProblem) : []
}

test('domains are read in the form addresses are compared in', async () => {
  const { apps } = await valid(file('[{ allow: { domains: [ACME.test, bücher.example] } }]'))
  expect(apps.get('erp')!.declaration.rules[0]!.when).toEqual({ domains: ['acme.test', 'xn--bcher-kva.example'] })
})

test.each(['"@acme.test"', '"*.acme.test"', 'acme.test.', '"anna@acme.test"', 'acme．test', '""'])(
  '%s is no domain',
  async (domain) => {
    expect(await problems(file(`[{ allow: { domains: [${domain}] } }]`))).toEqual([
      expect.stringMatching(/apps\.erp\.policy\[0\]\.allow\.domains.*(expected a domain|is no domain name)/s),
    ])
  },
)

test.each([
  ['a rule', '[{ allow: { users: ["*@acme.test"] } }]', '', 'write domains: [acme.test]'],
  ['a rule without the asterisk', '[{ allow: { users: "@acme.test" } }]', '', 'write domains: [acme.test]'],
  ['a deny', '[{ allow: {} }, { deny: { not: { users: ["*@acme.test"] } } }]', '', 'write domains: [acme.test]'],
  ['a provider', '[{ allow: { users: ["default|mailto:*@acme.test"] } }]', '', 'write domains: [acme.test]'],
  ['a role', '[{ allow: { roles: [own] } }]', 'roles: { own: { users: ["*@acme.test"] } }', 'list each person'],
  ['sponsors', '[{ allow: {} }]', 'sponsors: { users: ["*@acme.test"] }', 'list each person'],
])('users of %s that mean a domain are an error with the mend', async (_name, policy, rest, mend) => {
  const found = await problems(file(policy, rest))
  expect(found).toEqual([expect.stringContaining('matches no user')])
  expect(found[0]).toContain(mend)
})

test('several providers of which none lists the domain are a warning', async () => {
  const one = '{ issuer: "https://login.example.com", client_id: a, client_secret: env:OIDC_CLIENT_SECRET'
  const text = (domains: string) =>
    `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { providers: { company: ${one}${domains} }, second: ${one} } } }
apps: { erp: { from: https://erp.example.com, to: http://10.0.0.1, policy: [{ allow: { domains: acme.test } }] } }
`
  const stated = (all: readonly string[]) => all.filter((line) => line.includes('can state an address of'))
  expect(stated(await warnings(text('')))).toEqual([
    expect.stringContaining(
      'apps.erp.policy[0].allow.domains: each of company, second can state an address of acme.test',
    ),
  ])
  expect(stated(await warnings(text(', domains: [acme.test]')))).toEqual([])
})
