// Rules that every Google account satisfies are errors, unless the provider names its organisation.

import { describe, expect, test } from 'vitest'
import { problems, smallest, valid } from '../config-fixtures.ts'

const google = (rules: string, provider = '', more = ''): string =>
  `${smallest
    .replace('identity: {', `identity: { kind: google, ${provider}`)
    .replace('policy: [{ allow: { groups: [staff] } }]', `policy: ${rules}`)}${more}`

const refused = /every Google account satisfies this rule: set hosted_domain for the provider "default"/

describe('without hosted_domain', () => {
  test.each([
    '[{ allow: {} }]',
    '[{ allow: { providers: [default] } }]',
    '[{ allow: { mfa: true } }]',
    '[{ allow: { methods: [GET] } }]',
    '[{ allow: { not: { users: [x@corp.example] } } }]',
    '[{ allow: { any: [{ users: [x@corp.example] }, { methods: [GET] }] } }]',
    '[{ deny: { users: [x@corp.example] } }, { allow: {} }]',
  ])('the rules %s are an error', async (rules) => {
    const found = await problems(google(rules))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(refused)
    expect(found[0]).toMatch(/apps\.wiki\.policy\[\d\]/)
  })

  test.each([
    '[{ allow: { users: [x@corp.example] } }]',
    '[{ allow: { groups: [staff] } }]',
    '[{ allow: { claims: { hd: [corp.example] } } }]',
    '[{ allow: { grant: required } }]',
    '[{ allow: { any: [{ users: [x@corp.example] }, { claims: { hd: [corp.example] } }] } }]',
    '[{ allow: {} }]\n    require: { users: [x@corp.example] }',
  ])('the rules %s limit people', async (rules) => {
    expect(await problems(google(rules))).toEqual([])
  })

  test('an external provider needs grants anyway, and other providers are not concerned', async () => {
    expect(await problems(google('[{ allow: {} }]', 'external: true, '))).toEqual([])
    expect(await problems(smallest.replace('groups: [staff]', ''))).toEqual([])
  })
})

test('hosted_domain admits such rules, in lower case, and is for Google only', async () => {
  const configuration = await valid(google('[{ allow: {} }]', 'hosted_domain: [Corp.Example], '))
  expect(configuration.providers.get('default')).toMatchObject({ hostedDomains: ['corp.example'] })
  expect(await problems(smallest.replace('identity: {', 'identity: { hosted_domain: corp.example,'))).toEqual([
    expect.stringContaining('hosted_domain: applies to `kind: google` only'),
  ])
})
