// Grants over their lifetime, on nodes that share a store: idempotent creation, extension, and what a failure delays.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Actor, AuditEvent } from '../../src/audit/event.ts'
import { createEntitlements } from '../../src/grants/entitlements.ts'
import { createGrants, type Grants } from '../../src/grants/grants.ts'
import type { Grant } from '../../src/policy/grant.ts'
import { createChangeFeed, type ChangeFeed } from '../../src/store/change-feed.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSeal } from '../../src/store/seal.ts'
import type { Store } from '../../src/store/store.ts'
import { hourGrant } from './records.ts'
import {
  anna,
  configurationOf,
  day,
  emergencySettings,
  hour,
  requestSettings,
  start,
  subject,
  type Rules,
} from './requests/environment.ts'

const admin: Actor = { kind: 'administrator', name: 'root' }
const system: Actor = { kind: 'system' }
const basis = {
  request: 'r-1',
  entitlement: 'requests',
  email: 'anna@example.com',
  groups: ['finance'],
  external: false,
} as const

interface Node {
  readonly grants: Grants
  readonly changes: ChangeFeed
  readonly events: Extract<AuditEvent, { kind: 'grant' }>[]
  readonly warnings: string[]
  readonly heard: [readonly string[], readonly string[]][]
  apply(rules: Rules): void
}

let clock: { at: number }
let store: Store
let nodes: Node[]

beforeEach(() => {
  clock = { at: start }
  store = createMemoryStore({ now: () => clock.at })
  nodes = []
})
afterEach(async () => {
  for (const { grants, changes } of nodes) {
    grants.stop()
    await changes.stop()
  }
  await store.close()
})

async function node(given: Partial<Store> = {}, rules: Rules | undefined = undefined): Promise<Node> {
  const own = { ...store, ...given }
  const now = () => clock.at
  const changes = createChangeFeed({ store: own, now })
  const events: Node['events'] = []
  const warnings: string[] = []
  let configuration = configurationOf(rules)
  const grants = createGrants({
    store: own,
    changes,
    seal: createSeal([Buffer.alloc(32, 3)]),
    record: (event) => void (event.kind === 'grant' && events.push(event)),
    now,
    log: { warn: ({ grant: id }: { grant: string }, text: string) => void warnings.push(`${id}: ${text}`) } as never,
    ...(rules && { entitlements: createEntitlements(() => configuration) }),
  })
  await changes.sweep()
  await grants.load()
  const heard: Node['heard'] = []
  grants.onChange((ids, apps) => heard.push([ids, apps]))
  const apply = (next: Rules) => {
    configuration = configurationOf(next)
    grants.setDeclared([], system)
  }
  const made = { grants, changes, events, warnings, heard, apply }
  nodes.push(made)
  return made
}
const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}
const activities = ({ events }: Node) => events.map(({ activity }) => activity)
const failing = () => Promise.reject(Object.assign(new Error('gone'), { code: 'store_unreachable' }))

describe('creating under a derived id', () => {
  test('is done and recorded by the first; others get what is stored', async () => {
    const [here, there] = [await node(), await node()]
    const first = await here.grants.createIdempotent(hourGrant(), admin)
    const second = await there.grants.createIdempotent(hourGrant({ level: 'read' }), admin)
    expect([first, second]).toEqual([hourGrant(), hourGrant()])
    expect([activities(here), activities(there)]).toEqual([['given'], []])
    // The second knows the grant from now on, before any announcement.
    expect(there.grants.of(anna, 'erp')).toEqual([hourGrant()])
  })

  test('does not bring back one that is revoked, even if the store lost it', async () => {
    const here = await node()
    await here.grants.createIdempotent(hourGrant(), admin)
    await here.grants.revoke('g1', admin)
    await store.remove('grant:g1')
    expect(await here.grants.createIdempotent(hourGrant(), admin)).toMatchObject({ revokedAt: start })
    expect(await here.grants.read('g1')).toBeUndefined()
    expect(activities(here)).toEqual(['given', 'revoked'])
  })

  test('after the configuration took the entitlement away, is revoked at once', async () => {
    const here = await node({}, { apps: { erp: {} } })
    await here.grants.createIdempotent(hourGrant({ basis }), admin)
    expect(await here.grants.read('g1')).toMatchObject({ revokedAt: start, revokedFor: 'entitlement_gone' })
    expect(here.events).toMatchObject([{ activity: 'given' }, { activity: 'revoked', actor: system }])
    expect(here.grants.of(anna, 'erp')).toEqual([])
  })
})

describe('an extension', () => {
  test('moves the end, never back, and keeps the level unless another is given', async () => {
    const here = await node()
    await here.grants.createIdempotent(hourGrant({ level: 'read' }), admin)
    expect(await here.grants.extend('g1', { until: start + 2 * hour }, admin)).toMatchObject({
      until: start + 2 * hour,
      level: 'read',
      extensions: [],
    })
    expect(await here.grants.extend('g1', { until: start, level: 'full' }, admin)).toMatchObject({
      until: start + 2 * hour,
      level: 'full',
    })
    expect(here.grants.of(anna, 'erp')).toMatchObject([{ until: start + 2 * hour, level: 'full' }])
    expect(activities(here)).toEqual(['given', 'extended', 'extended'])
  })

  test('of a request counts once, on any node', async () => {
    const [here, there] = [await node(), await node()]
    await here.grants.createIdempotent(hourGrant(), admin)
    const terms = { request: 'r-2', until: start + 2 * hour }
    await here.grants.extend('g1', terms, admin)
    expect(await there.grants.extend('g1', { ...terms, until: start + 9 * hour }, admin)).toMatchObject({
      until: start + 2 * hour,
      extensions: ['r-2'],
    })
    await there.grants.extend('g1', { ...terms, request: 'r-3' }, admin)
    expect(await here.grants.read('g1')).toMatchObject({ extensions: ['r-2', 'r-3'] })
    expect([activities(here), activities(there)]).toEqual([['given', 'extended'], ['extended']])
  })

  test.each([
    ['is over', async () => void (clock.at = start + hour)],
    ['is revoked', async ({ grants }: Node) => void (await grants.revoke('g1', admin))],
  ])('of a grant that %s is none', async (_says, end) => {
    const here = await node()
    await here.grants.createIdempotent(hourGrant(), admin)
    await end(here)
    expect(await here.grants.extend('g1', { request: 'r-2', until: start + 2 * hour }, admin)).toBeUndefined()
    expect(await here.grants.extend('nothing', { until: start + 2 * hour }, admin)).toBeUndefined()
    expect(activities(here)).not.toContain('extended')
  })

  test('is possible until the last millisecond', async () => {
    const here = await node()
    await here.grants.createIdempotent(hourGrant(), admin)
    clock.at = start + hour - 1
    expect(await here.grants.extend('g1', { until: start + 2 * hour }, admin)).toBeDefined()
  })
})

describe('events', () => {
  test('have the terms of the grant and who acted; without notification targets where none are known', async () => {
    const here = await node()
    const { id } = await here.grants.give({ ...hourGrant(), sponsor: 'erika@example.com', reason: 'why' }, admin)
    expect(id).toMatch(/^[0-9a-f]{20}$/)
    expect(here.events).toEqual([
      {
        kind: 'grant',
        at: start,
        actor: admin,
        activity: 'given',
        grant: {
          id,
          who: 'corp|anna',
          app: 'erp',
          level: 'full',
          from: start,
          until: start + hour,
          reason: 'why',
          sponsor: 'erika@example.com',
        },
      },
    ])
  })
})

describe('declared grants', () => {
  const declared = (id: string, more: Partial<Grant> = {}) => hourGrant({ id, origin: 'configuration', ...more })

  test('are announced with their apps once, together', async () => {
    const here = await node()
    here.grants.setDeclared([declared('a'), declared('b', { app: 'wiki' })], admin)
    here.grants.setDeclared([declared('b', { app: 'wiki' }), declared('c')], admin)
    here.grants.setDeclared([declared('b', { app: 'wiki' }), declared('c')], admin)
    expect(here.heard).toEqual([
      [
        ['a', 'b'],
        ['erp', 'wiki'],
      ],
      [['a', 'c'], ['erp']],
    ])
  })

  test('are recorded by the first node alone', async () => {
    const [here, there] = [await node(), await node()]
    for (const { grants } of [here, there]) grants.setDeclared([declared('a')], admin)
    await turns()
    expect([activities(here), activities(there)]).toEqual([['given'], []])
    for (const { grants } of [here, there]) grants.setDeclared([], admin)
    await turns()
    expect([activities(here), activities(there)]).toEqual([['given', 'revoked'], []])
  })

  test('are recorded even if the store cannot say which node is first', async () => {
    const here = await node({ add: failing, remove: failing })
    here.grants.setDeclared([declared('a')], admin)
    await turns()
    here.grants.setDeclared([], admin)
    await turns()
    expect(activities(here)).toEqual(['given', 'revoked'])
  })

  test('do not change by what the store says of their id', async () => {
    const [here, there] = [await node(), await node()]
    await there.grants.createIdempotent(hourGrant({ id: 'a', level: 'read' }), admin)
    here.grants.setDeclared([declared('a')], admin)
    await here.changes.announce({ kind: 'grant_changed', grant: 'a' })
    await turns()
    expect(here.grants.all()).toMatchObject([{ id: 'a', level: 'full' }])
    await here.grants.load()
    expect(here.grants.all()).toMatchObject([{ id: 'a', level: 'full' }])
  })
})

describe('a grant the configuration no longer covers', () => {
  const rules: Rules = { apps: { erp: { requests: requestSettings(), emergency: emergencySettings() } } }

  test('is left alone once it is over', async () => {
    const here = await node({}, rules)
    await here.grants.createIdempotent(hourGrant({ basis }), admin)
    clock.at = start + hour
    here.apply({ apps: {} })
    await turns()
    expect(activities(here)).toEqual(['given'])
  })

  test('is revoked once, whichever node is first', async () => {
    const [here, there] = [await node({}, rules), await node({}, rules)]
    await here.grants.createIdempotent(hourGrant({ basis }), admin)
    await there.grants.load()
    for (const one of [here, there]) one.apply({ apps: {} })
    await turns()
    expect([...activities(here), ...activities(there)].toSorted()).toEqual(['given', 'revoked'])
    for (const { grants } of [here, there]) expect(grants.all()).toMatchObject([{ revokedFor: 'app_gone' }])
  })

  test('is not valid, and is revoked when the store is back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let down = false
      const here = await node({ replace: (...given) => (down ? failing() : store.replace(...given)) }, rules)
      await here.grants.createIdempotent(hourGrant({ basis }), admin)
      down = true
      here.apply({ apps: {} })
      await turns()
      expect(here.warnings).toEqual(['g1: an invalid grant is ignored but could not be revoked yet; will retry'])
      expect(here.grants.of(anna, 'erp')).toEqual([])
      vi.advanceTimersByTime(999)
      down = false
      await turns()
      expect(activities(here)).toEqual(['given'])
      vi.advanceTimersByTime(1)
      await turns()
      expect(here.events.at(-1)).toMatchObject({ activity: 'revoked', actor: system })
    } finally {
      vi.useRealTimers()
    }
  })

  test('is not tried again by a node that stops', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let tries = 0
      const here = await node({ replace: () => (tries++, failing()) }, rules)
      await here.grants.createIdempotent(hourGrant({ basis }), admin)
      here.apply({ apps: {} })
      await turns()
      here.grants.stop()
      vi.advanceTimersByTime(10_000)
      await turns()
      expect(tries).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the address of a subject', () => {
  test('counts only from the provider that vouches for its domain', async () => {
    const here = await node({}, { domains: ['example.com'] })
    for (const provider of ['corp', 'partners']) {
      await here.grants.createIdempotent(hourGrant({ id: provider, who: `${provider}|mailto:anna@example.com` }), admin)
    }
    const ids = (who: typeof anna) => here.grants.of(who, 'erp').map(({ id }) => id)
    expect(ids(subject('x', { email: 'anna@example.com' }))).toEqual(['corp'])
    expect(ids(subject('x', { provider: 'partners', email: 'anna@example.com' }))).toEqual([])
    expect(ids(subject('mailto:anna@example.com', { provider: 'partners', email: undefined }))).toEqual([])
  })

  test('of a grant is unbound until an account uses it', async () => {
    const here = await node()
    await here.grants.createIdempotent(hourGrant({ id: 'mail', who: 'corp|mailto:anna@example.com' }), admin)
    await here.grants.createIdempotent(hourGrant({ id: 'sub' }), admin)
    expect(['mail', 'sub', 'nothing'].map(here.grants.isUnbound)).toEqual([true, false, false])
    await here.grants.bind('nothing', anna)
    await here.grants.bind('mail', anna)
    expect(here.grants.isUnbound('mail')).toBe(false)
    expect(await store.members('grant-bindings')).toEqual(['mail'])
  })
})

test('the list for pages knows no attributes but the account, and leaves out what is not valid for any', async () => {
  const rules: Rules = { apps: { erp: { requests: requestSettings() } } }
  const here = await node({}, rules)
  await here.grants.createIdempotent(hourGrant({ basis }), admin)
  const account = { provider: 'corp', sub: 'anna', email: undefined }
  expect(here.grants.of(account, 'erp')).toHaveLength(1)
  expect(here.grants.of({ ...anna, groups: [] }, 'erp')).toEqual([])
  expect(here.grants.of(account, 'erp')).toHaveLength(1)
  here.apply({ apps: { erp: {} } })
  expect(here.grants.of(account, 'erp')).toEqual([])
})

test('lists and all grants are kept for 90 days after revocation or end, whichever came first', async () => {
  const here = await node()
  await here.grants.createIdempotent(hourGrant({ id: 'a', until: start + 30 * day }), admin)
  await here.grants.createIdempotent(hourGrant({ id: 'b', until: start + 30 * day }), admin)
  await here.grants.revoke('a', admin)
  clock.at = start + 90 * day
  expect(here.grants.all()).toHaveLength(2)
  clock.at++
  expect(here.grants.all().map(({ id }) => id)).toEqual(['b'])
  clock.at = start + 120 * day + 1
  expect(here.grants.all()).toEqual([])
})

describe('a store that lost a revocation', () => {
  test('gets it again, with its reason, and no node brings the grant back', async () => {
    const rules: Rules = { apps: { erp: { requests: requestSettings() } } }
    const here = await node({}, rules)
    await here.grants.createIdempotent(hourGrant({ basis }), admin)
    const before = (await store.get('grant:g1'))!
    here.apply({ apps: {} })
    await turns()
    expect(here.grants.all()).toMatchObject([{ revokedAt: start, revokedFor: 'app_gone' }])
    await store.set('grant:g1', before, day)
    clock.at += 1000
    await here.grants.load()
    expect(here.grants.all()).toMatchObject([{ revokedAt: start, revokedFor: 'app_gone' }])
    await turns()
    expect(await here.grants.read('g1')).toMatchObject({ revokedFor: 'app_gone' })
    expect(here.warnings).toEqual(['g1: the store lost the revocation of a grant; revoking it again'])
  })
})

test('a revocation by a node that failed before announcing it is announced by the next that tries', async () => {
  const [here, there, third] = [await node(), await node({ announce: failing }), await node()]
  await here.grants.createIdempotent(hourGrant(), admin)
  for (const { grants } of [there, third]) await grants.load()
  expect(await there.grants.revoke('g1', admin)).toBe(true)
  const said: unknown[] = []
  third.changes.on((change) => said.push(change))
  expect(await here.grants.revoke('g1', admin)).toBe(false)
  await third.changes.sweep()
  expect(said).toEqual([{ kind: 'grant_changed', grant: 'g1' }])
  // Once known here, it is not announced again; an unknown grant never is.
  expect(await here.grants.revoke('g1', admin)).toBe(false)
  expect(await here.grants.revoke('nothing', admin)).toBe(false)
  await third.changes.sweep()
  expect(said).toHaveLength(1)
})
