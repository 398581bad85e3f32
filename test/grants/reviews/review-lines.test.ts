// Lines and notes of an access review: how each user gets access, who is missing, and what limits the list.

import { describe, expect, test } from 'vitest'
import type { App, Configuration } from '../../../src/config/configuration.ts'
import type { SeenUser } from '../../../src/grants/external/register.ts'
import { resolveReview } from '../../../src/grants/reviews/resolve.ts'
import type { AppDeclaration, ConditionSet } from '../../../src/policy/declaration.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import { allow, app as declare, day, deny, grant, hour, noon, subject } from '../../policy/access-request-fixtures.ts'
import { vocabulary } from '../../policy/arbitrary-policies.ts'

const quarter = 90 * day

const seen = (more: Parameters<typeof subject>[0] = {}, about: Partial<SeenUser> = {}): SeenUser => ({
  subject: subject(more),
  firstSignIn: noon - 300 * day,
  lastSignIn: noon - day,
  used: { erp: noon - 2 * day },
  ...about,
})

function resolve(
  declaration: AppDeclaration,
  people: readonly SeenUser[],
  grants: readonly Grant[] = [],
  { app = {}, ...more }: Partial<Omit<Configuration, 'app'>> & { app?: Partial<App> } = {},
) {
  const configuration = {
    apps: new Map([['erp', { name: 'erp', title: 'ERP', declaration, public: [], ...app } as unknown as App]]),
    roles: new Map([['owners', { groups: ['grp-owners', 'grp-heirs'], users: ['Boss@example.com', 'keycloak|7'] }]]),
    schedules: vocabulary.schedules,
    devices: { sources: [], postures: vocabulary.postures },
    providers: new Map(),
    external: { providers: new Set(['partner']), people: [] },
    places: new Map([
      ['rule erp staff', 'einlass.yaml:12'],
      ['grant declared', 'einlass.yaml:40'],
    ]),
    ...more,
  } as unknown as Configuration
  return resolveReview(configuration.apps.get('erp')!, { configuration, grants, people, now: noon })
}
const when = (set: ConditionSet) => declare([allow('it', set)])
const byOf = (set: ConditionSet, who: Parameters<typeof subject>[0], more?: Parameters<typeof resolve>[3]) =>
  resolve(when(set), [seen(who)], [], more).lines.map(({ by }) => by)

describe('a line of a rule', () => {
  test('names the user, the rule, and the last use of the app', () => {
    const [line] = resolve(declare([allow('staff', { groups: ['staff'] })]), [seen()]).lines
    expect(line).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{10}$/),
      who: 'keycloak|42',
      name: 'Anna',
      email: 'anna@example.com',
      external: false,
      way: 'rule',
      rule: 'staff',
      by: ['group staff'],
      grant: undefined,
      until: undefined,
      declaredAt: 'einlass.yaml:12',
      besides: [],
      lastUsed: noon - 2 * day,
    })
    expect(resolve(when({}), [seen({}, { used: {} })]).lines).toMatchObject([{ declaredAt: '', lastUsed: undefined }])
  })

  test.each<[string, ConditionSet, Parameters<typeof subject>[0], string[]]>([
    ['groups', { groups: ['staff', 'other', 'x'] }, { groups: ['x', 'staff'] }, ['group staff', 'group x']],
    ['a group of a role', { roles: ['owners'] }, { groups: ['grp-heirs'] }, ['role owners (group grp-heirs)']],
    ['a role that lists the address', { roles: ['owners'] }, { email: 'boss@example.com' }, ['role owners']],
    ['a role that lists the account', { roles: ['owners'] }, { sub: '7' }, ['role owners']],
    ['an address', { users: ['anna@example.com'] }, {}, ['listed by name']],
    ['an account', { users: ['keycloak|42'] }, {}, ['listed by name']],
    ['an address at the provider', { users: ['keycloak|mailto:anna@example.com'] }, {}, ['listed by name']],
    ['the provider', { providers: ['keycloak'] }, {}, ['provider keycloak']],
    ['an alternative', { any: [{ groups: ['staff'] }, { users: ['x@y.test'] }] }, {}, ['group staff']],
    ['not a role of others', { any: [{ roles: ['owners'] }, { groups: ['staff'] }] }, {}, ['group staff']],
    [
      'several, each once',
      { groups: ['staff'], any: [{ groups: ['staff'] }, { providers: ['keycloak'] }] },
      {},
      ['group staff', 'provider keycloak'],
    ],
    ['nothing of the user', {}, {}, []],
  ])('says what matched: %s', (_what, set, who, by) => expect(byOf(set, who)).toEqual([by]))

  test('for everybody the rules and grants do not cover is not there', () => {
    expect(byOf({ groups: ['others'] }, {})).toEqual([])
    expect(byOf({ providers: ['other'] }, {})).toEqual([])
    expect(resolve(declare([allow('it', {}), deny('no', { groups: ['staff'] })]), [seen()]).lines).toEqual([])
    expect(resolve(declare([allow('it', {})], { require: { groups: ['others'] } }), [seen()]).lines).toEqual([])
  })

  test('is one for each rule that gives access', () => {
    const rules = declare([allow('one', {}), allow('two', { groups: ['staff'] }), allow('three', { groups: ['x'] })])
    expect(resolve(rules, [seen()]).lines.map(({ rule }) => rule)).toEqual(['one', 'two'])
  })

  test('assumes a phishing-resistant factor that is fresh, and lists it', () => {
    const mfa = { level: 'phishing_resistant', maxAge: hour } as const
    expect(resolve(when({ mfa }), [seen()]).lines).toMatchObject([{ besides: ['phishing-resistant mfa within 1h'] }])
  })

  test('keeps its id while the rule and the user do, and has another for another user or rule', () => {
    const ids = (name: string, sub: string) =>
      resolve(declare([allow(name, {})]), [seen({ sub })]).lines.map(({ id }) => id)
    expect(ids('a', '1')).toEqual(ids('a', '1'))
    expect(new Set([...ids('a', '1'), ...ids('b', '1'), ...ids('a', '2')]).size).toBe(3)
  })
})

describe('a line of a grant', () => {
  const byGrant = when({ grant: 'required', device: 'strict' })

  test('names level, end, schedule and what the rule assumes', () => {
    const [line] = resolve(byGrant, [seen()], [grant({ schedule: 'night', until: noon + day })]).lines
    expect(line).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{10}$/),
      who: 'keycloak|42',
      name: 'Anna',
      email: 'anna@example.com',
      external: false,
      way: 'grant',
      rule: 'it',
      by: ['full'],
      grant: 'g1',
      until: noon + day,
      declaredAt: undefined,
      besides: ['schedule: night', 'device strict'],
      lastUsed: noon - 2 * day,
    })
  })

  test('names the account that an address is bound to, and belongs to that account', () => {
    const address = grant({ who: 'keycloak|mailto:anna@example.com' })
    expect(resolve(byGrant, [seen()], [address]).lines).toMatchObject([{ who: 'keycloak|42', by: ['full'] }])
    const bound = { ...address, boundTo: '43' }
    expect(resolve(byGrant, [seen({ sub: '43', email: 'new@example.com' })], [bound]).lines).toMatchObject([
      { who: 'keycloak|43', by: ['full', 'bound to 43'] },
    ])
  })

  test('of somebody who never signed in has the grantee, its address, and no use', () => {
    const basis = { request: 'r', entitlement: 'requests', email: 'b@x.test', groups: [], external: true } as const
    const { lines } = resolve(
      byGrant,
      [],
      [
        grant({ id: 'a', who: 'partner|mailto:miro@x.test' }),
        grant({ id: 'b', who: 'partner|9', basis }),
        grant({ id: 'declared', who: 'partner|a', origin: 'configuration' }),
        grant({ id: 'elsewhere', who: 'partner|b', origin: 'configuration' }),
      ],
    )
    expect(
      lines.map(({ grant: id, who, name, email, external, declaredAt, rule, lastUsed }) => [
        id,
        who,
        name,
        email,
        external,
        declaredAt,
        rule,
        lastUsed,
      ]),
    ).toEqual([
      ['b', 'partner|9', undefined, 'b@x.test', true, undefined, undefined, undefined],
      ['a', 'partner|mailto:miro@x.test', undefined, 'miro@x.test', false, undefined, undefined, undefined],
      ['declared', 'partner|a', undefined, undefined, false, 'einlass.yaml:40', undefined, undefined],
      ['elsewhere', 'partner|b', undefined, undefined, false, '', undefined, undefined],
    ])
  })

  test('is there for an external user whose access by a rule counts with a grant only', () => {
    const person = seen({ provider: 'partner', sub: '7' })
    const open = declare([allow('all', {})])
    expect(resolve(open, [person]).lines).toEqual([])
    expect(resolve(open, [person], [grant({ who: 'partner|7' })]).lines).toMatchObject([{ way: 'grant', rule: 'all' }])
  })

  test('is not there for a grant that no rule asks for, beside access by a rule', () => {
    const { lines } = resolve(when({}), [seen()], [grant()])
    expect(lines.map(({ way }) => way)).toEqual(['rule'])
  })

  test.each<[string, Partial<Grant>, boolean]>([
    ['begins later', { from: noon + hour, until: noon + day }, true],
    ['ends in a moment', { until: noon + 1 }, true],
    ['ends now', { until: noon }, false],
    ['is revoked', { revokedAt: noon - 1 }, false],
    ['is for another app', { app: 'wiki' }, false],
    ['is of an emergency code', { who: 'emergency|c0de' }, false],
    ['is outside its schedule', { schedule: 'evening' }, true],
  ])('of a grant that %s: %j, %j', (_says, more, listed) => {
    expect(resolve(byGrant, [seen()], [grant(more)]).lines).toHaveLength(listed ? 1 : 0)
    expect(resolve(byGrant, [], [grant(more)]).lines).toHaveLength(listed ? 1 : 0)
  })

  test('assumes nothing where neither a schedule nor the rule says so', () => {
    const plain = when({ grant: 'required' })
    expect(resolve(plain, [seen()], [grant()]).lines).toMatchObject([{ besides: [] }])
    expect(resolve(byGrant, [], [grant()]).lines).toMatchObject([{ besides: [] }])
  })
})

test('lines are sorted by name, else address, else account; then by way, rule and grant', () => {
  const people = [
    seen({ sub: '1', name: 'Zoe' }),
    seen({ sub: '2', name: undefined, email: 'm@example.com' }),
    seen({ sub: '3', name: undefined, email: undefined }),
    seen({ sub: '4', name: 'Anna' }),
    seen({ sub: '5', name: 'Anna' }),
  ]
  const rules = declare([allow('z', {}), allow('b', {}), allow('for a while', { grant: 'required' })])
  const grants = ['g2', 'g1'].map((id) => grant({ id, who: 'keycloak|4' }))
  const { lines } = resolve(rules, people, grants)
  expect(lines.map(({ who, rule, grant: id }) => [who, rule, id].join(' ').trim())).toEqual([
    'keycloak|4 for a while g1',
    'keycloak|4 for a while g2',
    'keycloak|4 b',
    'keycloak|4 z',
    'keycloak|5 b',
    'keycloak|5 z',
    'keycloak|3 b',
    'keycloak|3 z',
    'keycloak|2 b',
    'keycloak|2 z',
    'keycloak|1 b',
    'keycloak|1 z',
  ])
})

describe('notes', () => {
  const notes = (...given: Parameters<typeof resolve>) => resolve(...given).notes
  const kinds = (...given: Parameters<typeof resolve>) => notes(...given).map(({ kind }) => kind)

  test('a policy without limits has none', () => {
    expect(notes(when({ providers: ['keycloak'] }), [seen()])).toEqual([])
  })

  test('each group once, with the members who have signed in: also of roles and alternatives', () => {
    const set = { groups: ['staff'], roles: ['owners'], any: [{ groups: ['staff', 'night'] }] }
    const people = [seen(), seen({ sub: '2', groups: ['night', 'staff'] })]
    expect(notes(when(set), people).filter(({ kind }) => kind === 'group')).toEqual([
      { kind: 'group', group: 'staff', seen: 2 },
      { kind: 'group', group: 'grp-owners', seen: 0 },
      { kind: 'group', group: 'grp-heirs', seen: 0 },
      { kind: 'group', group: 'night', seen: 1 },
    ])
  })

  test('groups and users of deny rules are none', () => {
    expect(
      notes(declare([deny('no', { groups: ['x'], users: ['y@x.test'] }), allow('it', { providers: ['keycloak'] })]), [
        seen(),
      ]),
    ).toEqual([])
  })

  test('users who are listed and never signed in: by account, by address, or by address at a provider', () => {
    const users = [
      'anna@example.com',
      'keycloak|42',
      'keycloak|mailto:anna@example.com',
      'other@example.com',
      'keycloak|43',
    ]
    expect(notes(when({ users, roles: ['owners'] }), [seen(), seen({ sub: '7', email: undefined })])).toEqual([
      { kind: 'group', group: 'grp-owners', seen: 0 },
      { kind: 'group', group: 'grp-heirs', seen: 0 },
      { kind: 'never_seen', user: 'other@example.com' },
      { kind: 'never_seen', user: 'keycloak|43' },
      { kind: 'never_seen', user: 'Boss@example.com' },
    ])
  })

  test('users whose groups are incomplete, where a group matters', () => {
    const person = seen({ groupsComplete: false })
    expect(notes(when({ groups: ['staff'] }), [person, seen({ sub: '2' })])).toContainEqual({
      kind: 'groups_withheld',
      who: 'keycloak|42',
    })
    expect(kinds(when({ groups: ['staff'] }), [seen()])).not.toContain('groups_withheld')
    expect(kinds(when({ providers: ['keycloak'] }), [person])).not.toContain('groups_withheld')
  })

  test('a rule for everybody; one that is so in the best case only as well', () => {
    expect(notes(when({}), [seen()])).toEqual([{ kind: 'everybody', rule: 'it' }])
    expect(kinds(when({ device: 'strict' }), [seen()])).toEqual(['everybody'])
  })

  test('mode monitor, public paths and emergency codes', () => {
    const policy = when({ providers: ['keycloak'] })
    expect(notes({ ...policy, mode: 'monitor' }, [seen()])).toEqual([{ kind: 'monitor' }])
    const published = [{ paths: ['/a', '/b'] }, { paths: ['/c'] }] as unknown as App['public']
    expect(notes(policy, [seen()], [], { app: { public: published } })).toEqual([
      { kind: 'public', paths: ['/a', '/b', '/c'] },
    ])
    const codes = { codes: true } as App['emergency']
    expect(kinds(policy, [seen()], [], { app: { emergency: codes } })).toEqual(['codes'])
    expect(kinds(policy, [seen()], [], { app: { emergency: { ...codes!, codes: false } } })).toEqual([])
  })

  test('a declared rule that nobody has used for a quarter', () => {
    const policy = declare([allow('staff', { providers: ['keycloak'] })])
    const unused = { kind: 'nobody_uses', rule: 'staff', declaredAt: 'einlass.yaml:12' }
    const usedAt = (at: number | undefined) => notes(policy, [seen({}, { used: at === undefined ? {} : { erp: at } })])
    expect(usedAt(noon - quarter + 1)).toEqual([])
    expect(usedAt(noon - quarter)).toEqual([unused])
    expect(usedAt(undefined)).toEqual([unused])
    expect(notes(policy, [seen({}, { used: { wiki: noon } })])).toEqual([unused])
    expect(notes(policy, [seen()], [], { places: undefined })).toEqual([])
    // Use by another rule does not count.
    const two = declare([allow('staff', { groups: ['x'] }), allow('it', { providers: ['keycloak'] })])
    expect(notes(two, [seen()])).toContainEqual(unused)
  })

  test('since when use is known, if for less than a quarter', () => {
    const policy = when({ providers: ['keycloak'] })
    const since = (...first: number[]) =>
      notes(
        policy,
        first.map((firstSignIn, at) => seen({ sub: `${at}` }, { firstSignIn })),
      )
    expect(since(noon - quarter)).toEqual([])
    expect(since(noon - quarter + 1, noon)).toEqual([{ kind: 'known_since', at: noon - quarter + 1 }])
    expect(since(noon, noon - quarter)).toEqual([])
    expect(since()).toEqual([{ kind: 'known_since', at: noon }])
  })
})
