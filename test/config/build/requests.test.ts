// Access requests, emergency access, sponsors and linked accounts: defaults, problems, warnings, and their comparison.

import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { compilePolicy } from '../../../src/policy/compile.ts'
import { decide } from '../../../src/policy/decide.ts'
import { head, marked, problems, valid, warnings } from '../config-fixtures.ts'

const roles = 'roles: { finance: { groups: [fin] }, owners: { users: [Anna@Example.com, ben@example.com] } }\n'
const app = (inside: string, more = '') =>
  `${head}${roles}${more}apps:\n  erp: { from: https://erp.example.com, to: http://10.0.0.1, policy: [{ allow: { grant: required } }], ${inside} }\n`
const good = 'eligible: { roles: [finance] }, approvers: { roles: [owners] }, max_duration: 4h'

test('builds complete settings, with durations in milliseconds', async () => {
  const { apps } = await valid(
    app(
      `requests: { ${good}, approvals: 2, levels: [read, full], min_duration: 10m, default_duration: 2h, reason: optional, ticket: { pattern: "INC-[0-9]+", required: false }, lapse_after: 2h, begin_within: 1d, max_extensions: 3, max_total: 12h, fresh_mfa: { ask: 15m }, open_per_person: 2 }`,
    ),
  )
  expect(apps.get('erp')!.requests).toEqual({
    eligible: { roles: ['finance'] },
    approvers: { roles: ['owners'] },
    approvals: 2,
    levels: ['read', 'full'],
    minDuration: 600_000,
    defaultDuration: 7_200_000,
    maxDuration: 14_400_000,
    reason: 'optional',
    ticket: 'optional',
    ticketPattern: 'INC-[0-9]+',
    lapseAfter: 7_200_000,
    beginWithin: 86_400_000,
    maxExtensions: 3,
    maxTotal: 43_200_000,
    freshMfa: { ask: 900_000, approve: undefined },
    openPerPerson: 2,
  })
})

test('emergency access is reviewed by the approvers by default', async () => {
  const { apps } = await valid(app(`requests: { ${good} }, emergency: { eligible: { groups: [on-call] } }`))
  expect(apps.get('erp')!.emergency).toEqual({
    eligible: { groups: ['on-call'] },
    reviewers: { roles: ['owners'] },
    maxDuration: 3_600_000,
    level: 'full',
    freshMfa: 300_000,
    reviewWithin: 86_400_000,
    codes: false,
  })
})

describe('problems', () => {
  test.each([
    [
      'an unknown key',
      'requests: { ¶eligable: {}, approvers: { roles: [owners] }, max_duration: 4h }',
      'did you mean "eligible"',
    ],
    [
      'a condition that is not about the user',
      'requests: { eligible: { ¶networks: [x] }, approvers: { roles: [owners] }, max_duration: 4h }',
      'unknown key',
    ],
    [
      'an unknown role',
      'requests: { eligible: {}, approvers: { roles: [¶owner] }, max_duration: 4h }',
      'did you mean "owners"?',
    ],
    ['no approvers', '¶requests: { eligible: {}, max_duration: 4h }', 'approvers is missing'],
    ['no maximum duration', '¶requests: { eligible: {}, approvers: { roles: [owners] } }', 'max_duration is missing'],
    ['everyone as approver', 'requests: { eligible: {}, approvers: ¶{}, max_duration: 4h }', 'matches no user'],
    ['no approvals', `requests: { ${good}, approvals: ¶0 }`, 'must be at least 1'],
    ['half an approval', `requests: { ${good}, approvals: ¶1.5 }`, 'whole number'],
    ['an unknown level', `requests: { ${good}, levels: [¶write] }`, 'expected read or full'],
    [
      'a maximum duration above the limit',
      'requests: { eligible: {}, approvers: { roles: [owners] }, max_duration: ¶91d }',
      'from 1m to 90d',
    ],
    ['a minimum duration above the maximum', `requests: { ${good}, min_duration: ¶5h }`, 'from 1s to max_duration'],
    [
      'a default duration out of bounds',
      `requests: { ${good}, default_duration: ¶5h }`,
      'from min_duration to max_duration',
    ],
    ['a total below one duration', `requests: { ${good}, max_total: ¶3h }`, 'shorter than max_duration'],
    ['a lapse time above the limit', `requests: { ${good}, lapse_after: ¶31d }`, 'from 1m to 30d'],
    ['an invalid pattern', `requests: { ${good}, ticket: { pattern: ¶"(" } }`, 'expected a regular expression'],
    ['an unknown word for a ticket', `requests: { ${good}, ticket: ¶maybe }`, 'expected required, optional or none'],
    [
      'everyone eligible in an emergency',
      `requests: { ${good} }, emergency: { eligible: ¶{} }`,
      'must not match every user',
    ],
    ['emergency access without reviewers', '¶emergency: { eligible: { groups: [x] } }', 'reviewers is missing'],
    [
      'emergency access without eligible users',
      `requests: { ${good} }, ¶emergency: { max_duration: 1h }`,
      'eligible is missing',
    ],
    [
      'emergency access of two days',
      `requests: { ${good} }, emergency: { eligible: { groups: [x] }, max_duration: ¶2d }`,
      'from 1m to 24h',
    ],
  ])('%s', async (_name, inside, message) => {
    const { text, at } = marked(app(inside))
    const found = await problems(text)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${at}: `))
    expect(found[0]).toContain(message)
  })

  test('linked accounts of an unknown provider, in a wrong format, of two people', async () => {
    const text = app(`requests: { ${good} }`).replace(
      'client_secret: env:OIDC_CLIENT_SECRET }',
      'client_secret: env:OIDC_CLIENT_SECRET, linked: [[default|7, other|8], [kim, default|7]] }',
    )
    expect((await problems(text)).map((one) => one.replace(/^\d+:\d+: /, ''))).toEqual([
      'identity.linked[0][1]: unknown provider "other" (known: default)',
      'identity.linked[1][0]: expected provider|sub or provider|mailto:address',
      'identity.linked[1][1]: duplicate account: it can belong to one person only',
    ])
  })

  test('an unknown sponsor of a declared grant, and a provider with a reserved name', async () => {
    const text = app(`requests: { ${good} }`, 'sponsors: { roles: [owners], users: [erika@example.com] }\n')
    const grant = 'grants: [{ who: kim@example.com, app: erp, until: 2027-01-01, sponsor: erica@example.com }]\n'
    expect((await problems(text + grant)).map((one) => one.replace(/^\d+:\d+: /, ''))).toEqual([
      'grants[0].sponsor: unknown sponsor "erica@example.com" (did you mean "erika@example.com"?)',
    ])
    expect((await valid(text)).sponsors).toEqual(new Set(['erika@example.com', 'anna@example.com', 'ben@example.com']))
    const taken = app('').replace(
      /identity: .*\n/,
      'identity: { providers: { emergency: { issuer: https://x.example, client_id: x, client_secret: env:OIDC_CLIENT_SECRET } } }\n',
    )
    expect((await problems(taken))[0]).toContain('this name is reserved')
  })
})

describe('warnings', () => {
  test.each([
    [
      'approvers: { users: [anna@example.com] }, eligible: { users: [anna@example.com] }',
      'requests of anna@example.com can never be approved',
    ],
    ['approvers: { roles: [owners] }, eligible: { roles: [owners] }, approvals: 2', 'can never be approved'],
    [
      'approvers: { users: [anna@example.com, ben@example.com] }, eligible: {}, approvals: 3',
      '3 approvals required, but only 2 approvers listed',
    ],
  ])('%s', async (inside, message) => {
    expect(await warnings(app(`requests: { ${inside}, max_duration: 1h }`))).toEqual([expect.stringContaining(message)])
  })

  test('none if groups make the set open-ended, or if enough others are listed', async () => {
    for (const inside of [
      'approvers: { groups: [a] }, eligible: { groups: [a] }, approvals: 5',
      'approvers: { roles: [owners] }, eligible: { roles: [owners] }, approvals: 1',
    ]) {
      expect(await warnings(app(`requests: { ${inside}, max_duration: 1h }`))).toEqual([])
    }
  })

  test('requests of an app without a rule for grants', async () => {
    const text = app(`requests: { ${good} }`).replace('{ grant: required }', '{ groups: [staff] }')
    expect(await warnings(text)).toEqual([
      expect.stringContaining('has no effect: no allow rule of this app has grant: required'),
    ])
  })

  test('emergency access of the only reviewer, at a provider that proves no second factor', async () => {
    const one = '{ users: [anna@example.com] }'
    const text = app(`emergency: { eligible: ${one}, reviewers: ${one} }`).replace(
      'client_id: einlass',
      'client_id: einlass, mfa: {}, phishing_resistant: {}',
    )
    expect(await warnings(text)).toEqual([
      expect.stringContaining('is the only reviewer'),
      expect.stringContaining('"default" has no claim values that prove one'),
    ])
  })
})

describe('the offer to request access', () => {
  test.each([
    ['is made to eligible users', ['fin'], 'GET', 'challenge'],
    ['is not made to others', ['others'], 'GET', 'deny'],
    ['for what may be asked for only', ['fin'], 'POST', 'deny'],
  ])('%s', async (_says, groups, method, effect) => {
    const { apps, roles, schedules } = await valid(app(`requests: { ${good}, levels: [read] }`))
    const policy = compilePolicy(apps.get('erp')!.declaration, { roles, schedules, postures: new Map() })
    const subject = {
      provider: 'default',
      sub: '7',
      email: undefined,
      name: undefined,
      username: undefined,
      groups,
      groupsComplete: true,
      claims: {},
      external: false,
    }
    const decision = decide(policy, {
      identity: {
        subject,
        authentication: { acr: undefined, amr: [], authTime: undefined, mfa: false, phishingResistant: false },
      },
      absence: 'no_session',
      device: { state: 'absent' },
      grants: [],
      network: { address: '192.0.2.1', names: new Set() },
      method,
      path: '/',
      now: 0,
    })
    expect(decision.effect).toBe(effect)
    expect(decision.remedy?.kind).toBe(effect === 'challenge' ? 'request_access' : 'ask_owner')
  })
})

test('check --against prints changes in words', async () => {
  const before = await valid(app(`requests: { ${good} }`, 'sponsors: { users: [erika@example.com] }\n'))
  const after = await valid(
    app(
      'emergency: { eligible: { groups: [on-call] }, reviewers: { roles: [owners] }, codes: true }',
      'sponsors: { users: [max@example.com] }\n',
    ),
  )
  expect(compareConfigurations(before, after)).toEqual(
    expect.arrayContaining([
      'erp: access can no longer be requested, and access from requests ends',
      'erp: emergency access: by group on-call and by sealed codes, full for at most 1h',
      'sponsor erika@example.com: is no longer a sponsor: all their grants end',
    ]),
  )
  expect(compareConfigurations(after, before)).toContain(
    'erp: access can be requested by role finance, approved by 1 of role owners, full for at most 4h',
  )
})
