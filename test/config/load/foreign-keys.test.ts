// Keys of other products and placeholders of other programs: one message each, with the key of Einlass.

import { describe, expect, test } from 'vitest'
import { conditions } from '../../../src/policy/conditions.ts'
import { foreignKey } from '../../../src/config/load/foreign-keys.ts'
import { placeholderIn } from '../../../src/config/load/placeholders.ts'
import { head, problems, smallest } from '../config-fixtures.ts'

const rule = (policy: string) =>
  `${head}apps:\n  wiki: { from: https://wiki.example.com, to: http://10.20.0.7:3000, policy: ${policy} }\n`

describe('a key of another product', () => {
  test.each([
    [
      'Pomerium',
      rule('[{ allow: { or: [{ email: { is: anna@example.com } }] } }]'),
      /allow\.or: unknown key: write any/,
    ],
    ['Pomerium', rule('[{ allow: { and: [{ domain: { is: example.com } }] } }]'), /allow\.and: .*side by side/],
    ['oauth2-proxy', `${smallest}email_domains: [example.com]\n`, /email_domains: .*domains: \[example\.com\]/],
    ['Cloudflare Access', rule('[{ decision: allow }]'), /\[0\]\.decision: .*write allow/],
    ['Traefik', `${smallest}entryPoints: { web: {} }\n`, /entryPoints: unknown key: write gateway\.listen/],
    ['nginx', smallest.replace('to:', 'proxy_pass:'), /wiki\.proxy_pass: unknown key: write to$/],
    ['Authelia', `${smallest}access_control: {}\n`, /access_control: .*apps\.NAME\.policy/],
    ['Teleport', smallest.replace('to:', 'uri:'), /wiki\.uri: unknown key: write to$/],
  ])('%s gives one message', async (_product, text, message) => {
    const found = await problems(text)
    expect(found).toEqual([expect.stringMatching(message)])
  })

  test('means a condition that exists, wherever it means one', () => {
    const names = ['or', 'email', 'emails', 'email_domain', 'ip', 'http_path', 'http_method', 'teams', 'time', 'idp']
    for (const name of names) {
      const { means } = foreignKey(['apps', 'wiki', 'policy', 0, 'allow', name])!
      expect(Object.keys(conditions), name).toContain(means)
    }
  })

  test('is only known where that product has it', () => {
    expect(foreignKey(['apps', 'wiki', 'policy', 0, 'allow', 'proxy_pass'])).toBeUndefined()
    expect(foreignKey(['networks', 'or'])).toBeUndefined()
    expect(foreignKey(['apps', 'wiki', 'constructor'])).toBeUndefined()
  })
})

test.each([
  ['${SECRET}', 'SECRET'],
  ['$SECRET', 'SECRET'],
  ['{{ .Env.SECRET }}', 'SECRET'],
  ['${SECRET:-none}', 'SECRET'],
  ['redis://:${PASSWORD}@redis', 'PASSWORD'],
])('%s is a placeholder', (text, name) => expect(placeholderIn(text)?.name).toBe(name))

test.each(['env:SECRET', '$', 'pa$$word', '$ecret', '^[a-z]+$', '{a}', '${', 'US$5'])('%s is none', (text) =>
  expect(placeholderIn(text)).toBeUndefined(),
)
