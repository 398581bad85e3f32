// External users in the configuration: providers, `external_people`, and requirements of their grants.

import { describe, expect, test } from 'vitest'
import { marked, problems, valid, validTogether, warnings } from '../config-fixtures.ts'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'

const provider = 'issuer: https://login.example.com, client_id: x, client_secret: env:OIDC_CLIENT_SECRET'
const file = (identity: string, more = '', rule = '{ groups: [staff] }') =>
  `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { providers: { staff: { ${provider} }, partner: { ${provider}, external: true } }${identity} }
apps:
  wiki: { from: https://wiki.example.com, to: http://10.20.0.7:3000, policy: [{ allow: ${rule} }] }
${more}`
const kim = '{ provider: partner, email: kim@partner.example }'
const grants = (line: string) => file('', `grants:\n  - ${line}\n`)

describe('a grant of an external user', () => {
  test.each([
    [
      'without an end',
      grants(`¶{ who: ${kim}, app: wiki, sponsor: a@example.com }`),
      'until is missing: required for external users',
    ],
    [
      'without a sponsor',
      grants(`¶{ who: ${kim}, app: wiki, from: 2026-12-01, until: 2026-12-15 }`),
      'sponsor is missing: required for external users',
    ],
    [
      'for more than 90 days',
      grants(`{ who: ${kim}, app: wiki, sponsor: a@example.com, from: 2026-12-01, until: ¶2027-03-01 }`),
      'too late: the grant of an external user lasts at most 90 days',
    ],
    [
      'without a start, with a late end',
      grants(`{ who: ${kim}, app: wiki, sponsor: a@example.com, until: ¶2099-01-01 }`),
      'too late: the grant of an external user lasts at most 90 days',
    ],
    [
      'of a listed user with an internal account',
      file(
        ', external_people: [lee@partner.example]',
        'grants:\n  - ¶{ who: { provider: staff, email: Lee@Partner.example }, app: wiki, sponsor: a@example.com }\n',
      ),
      'until is missing: required for external users',
    ],
  ])('%s is rejected, with file, line and column', async (_what, text, message) => {
    const { text: whole, at } = marked(text)
    expect((await problems(whole)).map((line) => line.replace(/: .*?: /, ': '))).toEqual([`${at}: ${message}`])
  })

  test.each([
    ['ninety days, including the last one', '2026-12-01', '2027-02-28'],
    ['ninety days that include the end of daylight saving time', '2026-10-01T00:00', '2026-12-30T00:00'],
  ])('%s are accepted', async (_what, from, until) => {
    const line = `{ who: ${kim}, app: wiki, sponsor: a@example.com, from: ${from}, until: ${until}, time_zone: Europe/Berlin }`
    expect(await problems(grants(line))).toEqual([])
  })

  test('internal users need neither', async () => {
    expect(await problems(grants('{ who: { provider: staff, email: a@example.com }, app: wiki }'))).toEqual([])
  })
})

describe('external_people', () => {
  test('accept every form', async () => {
    const listed = '[Lee@Partner.example, "staff|4711", { provider: staff, email: Kim@x.example }]'
    const { external } = await valid(file(`, external_people: ${listed}`))
    expect(external).toEqual({
      providers: new Set(['partner']),
      people: ['lee@partner.example', 'staff|4711', 'staff|mailto:kim@x.example'],
    })
  })

  test.each([
    ['lee', 'expected an e-mail address, provider|sub or provider|mailto:address'],
    ['"stuff|1"', 'unknown provider "stuff"'],
    ['{ sub: "1" }', 'provider is missing'],
  ])('%s is rejected', async (entry, message) => {
    const [only, ...more] = await problems(file(`, external_people: [${entry}]`))
    expect(only).toContain(message)
    expect(more).toEqual([])
  })

  test('a rule with only their provider causes a warning', async () => {
    const [only] = await warnings(file('', '', '{ providers: [partner] }'))
    expect(only).toContain('users of the external provider "partner" always need a grant')
  })

  test('check --against reports changes', async () => {
    const [before, after] = await validTogether(
      file(', external_people: [lee@partner.example]'),
      file(', external_people: ["staff|4711"]'),
    )
    expect(compareConfigurations(before, after)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('staff|4711: is external, always needs a grant'),
        expect.stringContaining('lee@partner.example: is no longer external'),
      ]),
    )
  })
})
