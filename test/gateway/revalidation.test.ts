// Re-authorization of open connections, change by change: which are checked, what they are ended for, and how soon.

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import type { OpenExchangeContext } from '../../src/gateway/open-exchange.ts'
import { startRevalidator, type Revalidator } from '../../src/gateway/revalidate.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { Found } from '../../src/identity/session/sessions.ts'
import type { OpenExchange } from '../../src/proxy/open-connections.ts'
import type { Change } from '../../src/store/change.ts'
import { access } from '../policy/access-request-fixtures.ts'
import { composeGateway, type ComposedGateway, type SignedIn } from './composed-gateway.ts'

type Open = OpenExchange<OpenExchangeContext>

const minute = 60_000
let gateway: ComposedGateway
let as: SignedIn
let revalidator: Revalidator
/** Ids of sessions in the order in which they were read. */
const reads: string[] = []
const ended: string[] = []
let announce: (change: Change | 'everything') => void = () => {}
let grantsChanged: (ids: readonly string[], apps: readonly string[]) => void = () => {}

beforeAll(async () => {
  gateway = await composeGateway({
    wiki: 'policy: [{ allow: { groups: [staff] } }], public: [{ paths: [/events] }], trusted_origins: [https://shop.example.com]',
    factor: 'policy: [{ allow: { mfa: { max_age: 5m } } }]',
    fresh: 'policy: [{ allow: { groups: [staff] } }], session: { revalidate: 30s }',
    brief: 'policy: [{ allow: { groups: [staff] } }], session: { lifetime: 40s }',
    files:
      'methods: webdav, policy: [{ allow: { groups: [staff], paths: [/own/*] } }, { allow: { groups: [staff], paths: [/shared/*], mfa: { max_age: 5m } } }]',
    permits: 'policy: [{ allow: { grant: required } }]',
  })
})
afterAll(() => gateway?.stop())
afterEach(() => {
  revalidator.stop()
  vi.useRealTimers()
  for (const open of gateway.deps.connections.all()) gateway.deps.connections.close(open)
})

interface Given {
  /** In place of the session as stored. */
  readonly read?: (id: string) => Found | Promise<Found>
  readonly feed?: Partial<Dependencies['changes']>
}

/** Timers are those of the test. */
async function start({ read = gateway.deps.sessions.read, feed }: Given = {}): Promise<void> {
  as = await gateway.signIn('wiki')
  reads.length = 0
  ended.length = 0
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  revalidator = startRevalidator({
    ...gateway.deps,
    sessions: { ...gateway.deps.sessions, read: (id) => (reads.push(id), read(id)) },
    changes: { ...gateway.deps.changes, on: (listener) => void (announce = listener), ...feed },
    grants: { ...gateway.deps.grants, onChange: (listener) => void (grantsChanged = listener) },
  })
}

const at = (app: string) => ({
  origin: `https://${app}.example.com`,
  host: `${app}.example.com`,
  secure: true,
  path: '',
})

function open(id: string, changes: Partial<Open> = {}, context: Partial<OpenExchangeContext> = {}): Open {
  return gateway.deps.connections.open({
    id,
    app: 'wiki',
    session: as.session.id,
    device: undefined,
    address: '192.0.2.7',
    kind: 'http',
    startedAt: gateway.clock.now,
    validUntil: gateway.clock.now + 10 * minute,
    abort: () => ended.push(id),
    ...changes,
    context: {
      address: at(changes.app ?? 'wiki'),
      access: access({ now: gateway.clock.now }),
      source: undefined,
      generation: undefined,
      ...context,
    },
  })
}

/** Lets checks that have begun come to their results. */
const settle = async (milliseconds = 0): Promise<void> => {
  await vi.advanceTimersByTimeAsync(milliseconds)
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
}
/** A sign-in with a second factor since then; the session keeps what the one before proved. */
const steppedUp = (): Session => ({
  ...as.session,
  generation: 2,
  earlier: [{ generation: 1, authentication: as.session.authentication, endsAt: as.session.endsAt }],
  authentication: { ...as.session.authentication, mfa: true, authTime: gateway.clock.now },
})
const live = (): Found => ({ state: 'live', session: as.session })
const reasonOf = ({ context }: Open): string | undefined => context.endReason

describe('a long COPY or MOVE', () => {
  const copying = (id: string, path: string, destination: string): Open =>
    open(
      id,
      { app: 'files', validUntil: gateway.clock.now },
      { access: access({ now: gateway.clock.now, method: 'COPY', path, destination }) },
    )

  test('is cut when access to its destination has ended, and when access to its source has', async () => {
    await start()
    const into = copying('into', '/own/a', '/shared/b')
    const from = copying('from', '/shared/a', '/own/b')
    const neither = copying('neither', '/own/a', '/own/b')
    await settle(300)
    expect([reasonOf(into), reasonOf(from), reasonOf(neither)]).toEqual(['mfa_required', 'mfa_required', undefined])
    expect(ended.toSorted()).toEqual(['from', 'into'])
  })
})

describe('an open connection is checked', () => {
  test('when its lease ends, within 200 ms, and then holds for another', async () => {
    await start()
    const [expired, other] = [open('expired', { validUntil: gateway.clock.now }), open('other')]
    const { validUntil } = other
    await settle(199)
    expect(reads).toEqual([])
    await settle(1)
    expect(reads).toEqual([as.session.id])
    expect([expired.validUntil, other.validUntil]).toEqual([gateway.clock.now + minute, validUntil])
    await settle(400)
    expect(reads).toHaveLength(1)
    expect(ended).toEqual([])
  })

  test.each<[string, (id: string) => Change | 'everything', string[]]>([
    ['an ended session', (session) => ({ kind: 'session_ended', session, reason: 'session_revoked' }), ['mine']],
    ['a changed session', (session) => ({ kind: 'session_changed', session }), ['mine']],
    ['a changed device', () => ({ kind: 'device_changed', device: 'LT-1' }), ['device']],
    ['a change that was lost', () => 'everything', ['mine', 'device', 'other']],
    ['a grant that is not read yet', () => ({ kind: 'grant_changed', grant: 'g' }), []],
    ['a request, which allows nothing', () => ({ kind: 'request_changed', request: 'r' }), []],
  ])('after %s, and no other is', async (_name, change, checked) => {
    await start({ read: () => ({ state: 'none', reason: 'session_revoked' }) })
    open('mine')
    open('device', { session: 'second', device: 'LT-1' })
    open('other', { session: 'third', device: 'LT-2' })
    announce(change(as.session.id))
    await settle()
    expect(ended.toSorted()).toEqual(checked.toSorted())
  })

  test('when grants of its app have changed, and those of other apps are not', async () => {
    await start({ read: live })
    open('wiki', { session: 'a' })
    open('permits', { session: 'b', app: 'permits' })
    open('fresh', { session: 'c', app: 'fresh' })
    grantsChanged(['g'], ['permits', 'wiki'])
    await settle()
    expect(reads.toSorted()).toEqual(['a', 'b'])
  })

  test('after a reload, each one', async () => {
    await start({ read: live })
    for (const id of ['a', 'b']) open(id, { session: id })
    revalidator.checkAll()
    await settle()
    expect(reads.toSorted()).toEqual(['a', 'b'])
  })

  test('all the time, each one, while no change is heard of for longer than the grace period', async () => {
    const grace = gateway.deps.activeConfig().configuration.session.grace
    let lag = grace
    let fresh = false
    await start({ read: live, feed: { fresh: () => fresh, lag: () => lag } })
    open('one')
    await settle(200)
    expect(reads).toHaveLength(0)
    lag = grace + 1
    fresh = true
    await settle(200)
    expect(reads).toHaveLength(0)
    fresh = false
    await settle(200)
    expect(reads).toHaveLength(1)
  })

  test('no more once it is stopped', async () => {
    await start()
    open('one', { validUntil: gateway.clock.now })
    revalidator.stop()
    await settle(1_000)
    expect(reads).toEqual([])
  })

  test('once more when something changed during its check, which may have read it too early', async () => {
    const results = [Promise.withResolvers<Found>(), Promise.withResolvers<Found>()]
    let at = 0
    await start({ read: () => results[at++]!.promise })
    open('one')
    for (let turn = 0; turn < 3; turn++) announce({ kind: 'session_changed', session: as.session.id })
    expect(reads).toHaveLength(1)
    results[0]!.resolve(live())
    await settle()
    expect(reads).toHaveLength(2)
    results[1]!.resolve({ state: 'none', reason: 'session_revoked' })
    await settle()
    expect([reads.length, ended]).toEqual([2, ['one']])
  })

  test('once, when nothing changed during its check, and again at the next change', async () => {
    await start({ read: async () => live() })
    open('one')
    for (let count = 1; count <= 2; count++) {
      announce({ kind: 'session_changed', session: as.session.id })
      await settle()
      expect(reads).toHaveLength(count)
    }
    expect(ended).toEqual([])
  })
})

describe('an open connection ends', () => {
  test('with a log line, a count and its reason, once', async () => {
    await start({ read: () => ({ state: 'none', reason: 'session_idle' }) })
    const one = open('one')
    const cuts = async () =>
      Number(/^einlass_cuts_total\{app="wiki"\} (\d+)$/m.exec(await gateway.deps.metrics.text())?.[1] ?? 0)
    const before = await cuts()
    for (let turn = 0; turn < 2; turn++) {
      announce('everything')
      await settle()
    }
    expect([reasonOf(one), ended, (await cuts()) - before]).toEqual(['session_idle', ['one'], 1])
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({
        level: 'info',
        msg: 'ended an open connection',
        exchange: 'one',
        app: 'wiki',
        session: as.session.id,
        reason: 'session_idle',
      }),
    )
  })

  test('when the check does not come to a result within 600 ms, for what could not be asked', async () => {
    for (const [fresh, reason] of [
      [true, 'provider_unreachable'],
      [false, 'store_unreachable'],
    ] as const) {
      await start({ read: () => new Promise(() => {}), feed: { fresh: (grace) => grace === 0 && fresh, lag: () => 0 } })
      const one = open('one')
      announce('everything')
      await settle(599)
      expect(ended).toEqual([])
      await settle(1)
      expect([ended, reasonOf(one)]).toEqual([['one'], reason])
      revalidator.stop()
      vi.useRealTimers()
      gateway.deps.connections.close(one)
    }
  })

  test('not, when the result was only waiting while this process was busy', async () => {
    const late = Promise.withResolvers<Found>()
    await start({ read: () => late.promise })
    open('one')
    announce('everything')
    // The timer fires in the turn in which the result has arrived.
    vi.advanceTimersByTime(600)
    late.resolve(live())
    await settle()
    expect(ended).toEqual([])
    await settle(1_000)
    expect(ended).toEqual([])
  })

  test('when its check fails, with the cause in the log', async () => {
    await start({ read: () => Promise.reject(new Error('broken')) })
    const one = open('one')
    announce('everything')
    await settle()
    expect([ended, reasonOf(one)]).toEqual([['one'], 'policy_error'])
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({
        level: 'error',
        exchange: 'one',
        msg: 're-authorization of an open connection failed',
        err: expect.objectContaining({ message: 'broken' }),
      }),
    )
  })

  test.each<[string, Partial<Open>, Partial<OpenExchangeContext>, Given, string]>([
    ['its app is gone', { app: 'gone' }, {}, {}, 'app_disabled'],
    ['its app has another address', {}, { address: at('gone') }, {}, 'app_disabled'],
    ['its app has another path', {}, { address: { ...at('wiki'), path: '/wiki' } }, {}, 'app_disabled'],
    ['its path is not public', { session: undefined }, { access: access({ path: '/x' }) }, {}, 'no_session'],
    [
      'its method is not public',
      { session: undefined },
      { access: access({ path: '/events', method: 'POST' }) },
      {},
      'no_session',
    ],
    ['the store cannot be read', {}, {}, { read: () => ({ state: 'unreachable' }) }, 'store_unreachable'],
    ['there is no session', {}, {}, { read: () => ({ state: 'none', reason: 'session_expired' }) }, 'session_expired'],
    ['its user lost access', { app: 'permits' }, {}, {}, 'grant_required'],
    ['its user must prove more', { app: 'factor' }, {}, {}, 'mfa_required'],
    [
      'only a later sign-in than that of its cookie has the proof',
      { app: 'factor' },
      { generation: 1 },
      { read: () => ({ state: 'live', session: steppedUp() }) },
      'mfa_required',
    ],
    [
      'the sign-in of its cookie is forgotten',
      {},
      { generation: 1 },
      { read: () => ({ state: 'live', session: { ...steppedUp(), earlier: [] } }) },
      'no_session',
    ],
    [
      'its origin is not trusted',
      {},
      {
        source: {
          kind: 'upgrade',
          origin: 'https://evil.test',
          site: undefined,
          referer: undefined,
          browserForm: false,
          navigation: false,
        },
      },
      {},
      'origin_not_allowed',
    ],
  ])('when %s', async (_name, exchange, context, given, reason) => {
    await start(given)
    const one = open('one', exchange, context)
    announce('everything')
    await settle()
    expect([ended, reasonOf(one)]).toEqual([['one'], reason])
  })
})

describe('an open connection stays', () => {
  test('for another lease on a public path, and as a preflight of a trusted origin', async () => {
    await start()
    const lease = gateway.runtime('wiki').policy.lease
    const source = {
      origin: 'https://shop.example.com',
      site: undefined,
      referer: undefined,
      browserForm: false,
      navigation: false,
    }
    const events = { access: access({ path: '/events' }) }
    const preflight = { access: access({ method: 'OPTIONS' }), source: { ...source, kind: 'preflight' as const } }
    const stay = [events, preflight].map((context, at) => open(`${at}`, { session: undefined }, context))
    announce('everything')
    await settle()
    expect([ended, reads]).toEqual([[], []])
    for (const { validUntil } of stay) expect(validUntil).toBe(gateway.clock.now + lease)
  })

  test.each([
    ['its session must be revalidated', 'fresh', 24_000],
    ['its user must sign in again', 'brief', 40_000],
  ])('until %s', async (_name, app, after) => {
    await start()
    const one = open('one', { app })
    announce('everything')
    await settle()
    expect([ended, one.validUntil]).toEqual([[], as.session.createdAt + after])
  })

  test('under another grant of its user, which then belongs to that account', async () => {
    await start()
    const { now } = gateway.clock
    const terms = { level: 'full', from: now, until: now + minute, schedule: undefined, sponsor: undefined } as const
    const given = { ...terms, who: 'company|mailto:anna@example.com', app: 'permits', reason: undefined }
    const grant = await gateway.deps.grants.give(given, { kind: 'system' })
    open('one', { app: 'permits' })
    announce('everything')
    await settle()
    expect([ended, gateway.deps.grants.isUnbound(grant.id)]).toEqual([[], false])
  })
})
