// Facts of a decision: which session, device, grants, network and time a request is decided with, at first and again.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rebuildAccessRequest } from '../../src/gateway/access-context.ts'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import type { Found } from '../../src/identity/session/sessions.ts'
import type { Session } from '../../src/identity/session/session.ts'
import { access, known } from '../policy/access-request-fixtures.ts'
import { composeGateway, told, type ComposedGateway } from './composed-gateway.ts'

let gateway: ComposedGateway
beforeAll(async () => {
  gateway = await composeGateway({
    wiki: 'policy: [{ name: staff, allow: { groups: [staff] } }], public: [{ paths: [/public/*] }]',
    office: 'policy: [{ allow: { networks: [office] } }]',
    reading: 'policy: [{ allow: { groups: [staff], actions: [read] } }]',
    strict: 'policy: [{ allow: { groups: [staff] } }], session: { revalidate: 1m }',
    permits: 'policy: [{ allow: { grant: required } }]',
  })
})
afterAll(() => gateway?.stop())

const deps = (more: Partial<Dependencies>): Dependencies => ({ ...gateway.deps, ...more })
const sessionsThat = (find: () => Found | Promise<Found>): Partial<Dependencies> => ({
  sessions: { ...gateway.deps.sessions, find },
})
const devicesThat = (more: Partial<Dependencies['devices']>): Partial<Dependencies> => ({
  devices: { ...gateway.deps.devices, ...more },
})
const never = (): never => {
  throw new Error('not to be asked')
}

describe('without a session', () => {
  test('neither device nor grants are looked up', async () => {
    const unasked = deps({ ...devicesThat({ identify: never }), grants: { ...gateway.deps.grants, of: never } })
    expect(told(await gateway.send({}, unasked))).toBe('401 no_session')
    expect(gateway.access().input).toMatchObject({
      identity: undefined,
      absence: 'no_session',
      device: { state: 'absent' },
      grants: [],
    })
    expect(gateway.access().actor).toEqual({ kind: 'stranger' })
  })

  test('the reason is why there is none', async () => {
    const as = await gateway.signIn('wiki')
    await gateway.deps.sessions.end(as.session.id, 'session_revoked', { kind: 'system' })
    expect(told(await gateway.send({ as }))).toBe('401 session_revoked')
    expect(gateway.access().input.absence).toBe('session_revoked')
  })

  test('a public path reads no cookie', async () => {
    const as = await gateway.signIn('wiki')
    const answer = await gateway.send({ as, target: '/public/a' }, deps(sessionsThat(never)))
    expect([answer.status, gateway.access().input.identity]).toEqual([200, undefined])
  })

  test('the cookie of another host opens nothing', async () => {
    const as = await gateway.signIn('strict')
    expect(told(await gateway.send({ as }))).toBe('401 no_session')
    expect((await gateway.send({ as, host: 'strict.example.com' })).status).toBe(200)
  })

  test('a cookie field with other cookies alone asks no store', async () => {
    expect(told(await gateway.send({ headers: { Cookie: 'theme=dark' } }, deps(sessionsThat(never))))).toBe(
      '401 no_session',
    )
  })
})

describe('a session', () => {
  test('that the store cannot state denies, and nothing is forwarded', async () => {
    const as = await gateway.signIn('wiki')
    const before = gateway.forwarded.length
    for (const find of [() => ({ state: 'unreachable' }) as const, async () => ({ state: 'unreachable' }) as const]) {
      expect(told(await gateway.send({ as }, deps(sessionsThat(find))))).toBe('503 store_unreachable')
    }
    expect(gateway.forwarded).toHaveLength(before)
    expect(gateway.access()).toMatchObject({ actor: { kind: 'stranger' }, input: { absence: 'no_session' } })
  })

  test('is revalidated as often as the app asks for', async () => {
    const as = await gateway.signIn('strict')
    const seen: unknown[] = []
    const idpFreshness: Dependencies['idpFreshness'] = {
      ...gateway.deps.idpFreshness,
      ensureFresh(session, settings) {
        seen.push(session.id, settings.revalidate)
        return { state: 'unreachable', code: 'provider_unreachable' }
      },
    }
    expect(told(await gateway.send({ as, host: 'strict.example.com' }, deps({ idpFreshness })))).toBe(
      '503 provider_unreachable',
    )
    expect(seen).toEqual([as.session.id, 60_000])
  })

  test('whose facts the provider states no longer is sent to the provider again when they are missed, else it is not', async () => {
    const as = await gateway.signIn('wiki', { groups: [] })
    const member = await gateway.signIn('wiki')
    const told = async (session: Session, lost: boolean) => {
      const found: Found = { state: 'live', session: { ...session, unconfirmed: { revalidations: 1, lost } } }
      const answer = await gateway.send({ as, page: true, target: '/a?b' }, deps(sessionsThat(() => found)))
      return { status: answer.status, location: answer.headers['location'] }
    }
    expect(await told(member.session, true)).toEqual({ status: 200, location: undefined })
    expect((await told(as.session, false)).status).toBe(403)
    const { status, location } = await told(as.session, true)
    expect(status).toBe(302)
    const journey = new URL(location!).searchParams.get('journey')!
    expect(gateway.deps.signIn.returnContexts.open(journey)).toMatchObject({
      origin: 'https://wiki.example.com',
      app: 'wiki',
      provider: 'company',
      // Without interaction, however recent the last sign-in is.
      stepUp: { level: 'any', silent: true },
    })
    expect(gateway.access().decision).toMatchObject({ effect: 'challenge', reasons: [{ code: 'not_in_group' }] })
  })
})

describe('a request is decided', () => {
  test('by what its message says: a device source sees method, host, target, fields and the peer', async () => {
    const as = await gateway.signIn('wiki')
    const queries: Parameters<Dependencies['devices']['identify']>[0][] = []
    const sources = devicesThat({
      identify(query) {
        queries.push(query)
        return { device: known(), pin: undefined }
      },
    })
    const sent = {
      as,
      method: 'POST',
      target: '/a%41?b',
      address: '10.0.0.1',
      headers: { 'X-Forwarded-For': '203.0.113.9', 'X-Mine': 'x', Origin: 'https://wiki.example.com' },
    }
    expect((await gateway.send(sent, deps(sources))).status).toBe(200)
    const [query] = queries
    expect(query).toMatchObject({
      peer: '10.0.0.1',
      method: 'POST',
      host: 'wiki.example.com',
      target: '/aA?b',
      pinned: undefined,
      person: { provider: 'company', sub: 'anna' },
      now: gateway.clock.now,
    })
    expect(query!.header('x-mine')).toBe('x')
    expect(gateway.access().input).toMatchObject({ device: known(), method: 'POST', path: '/aA' })
  })

  test('by the networks of its address, and by none where a proxy does not state it', async () => {
    const as = await gateway.signIn('office')
    const host = 'office.example.com'
    expect((await gateway.send({ as, host })).status).toBe(200)
    expect([...gateway.access().input.network.names]).toEqual(['office'])
    expect(told(await gateway.send({ as, host, address: '192.0.3.7' }))).toBe('403 network_not_allowed')
    expect(told(await gateway.send({ as, host, address: '10.0.0.1' }))).toBe('403 network_unknown')
    expect(gateway.access().input.network).toEqual({ address: undefined, names: new Set() })
    const forwarded = { 'X-Forwarded-For': '192.0.2.9' }
    expect((await gateway.send({ as, host, address: '10.0.0.1', headers: forwarded })).status).toBe(200)
  })

  test('as a write where it opens a WebSocket', async () => {
    const as = await gateway.signIn('reading')
    const host = 'reading.example.com'
    expect((await gateway.send({ as, host })).status).toBe(200)
    expect(told(await gateway.send({ as, host, upgrade: true }))).toBe('403 read_only')
    expect(gateway.access().input.method).toBe('CONNECT')
    expect(gateway.access().request).toMatchObject({ method: 'GET', upgrade: 'websocket' })
  })

  test('by the grants of its user for its app', async () => {
    const as = await gateway.signIn('permits')
    const host = 'permits.example.com'
    const give = (app: string) =>
      gateway.deps.grants.give(
        {
          who: 'company|anna',
          app,
          level: 'full',
          from: gateway.clock.now,
          until: gateway.clock.now + 3_600_000,
          schedule: undefined,
          sponsor: undefined,
          reason: undefined,
        },
        { kind: 'system' },
      )
    await give('wiki')
    expect(told(await gateway.send({ as, host }))).toBe('403 grant_required')
    const grant = await give('permits')
    expect((await gateway.send({ as, host })).status).toBe(200)
    expect(gateway.access()).toMatchObject({ decision: { grant: grant.id }, input: { grants: [{ id: grant.id }] } })
  })
})

describe('an open connection is decided again', () => {
  const earlier = access({ device: { state: 'absent' }, network: { address: '192.0.2.7', names: new Set(['old']) } })
  const laptop = known({ deviceId: 'LT-1' })

  async function rebuilt(before = earlier, device?: string, current: Dependencies['devices']['current'] = never) {
    const { session } = await gateway.signIn('permits')
    const parts = deps(devicesThat({ current }))
    return { session, facts: await rebuildAccessRequest(parts, before, { ...session, device }, 'permits') }
  }

  test('with the current user, grants, networks and time, and what was asked for at first', async () => {
    gateway.clock.now += 1_000
    const { session, facts } = await rebuilt()
    expect(facts).toMatchObject({
      identity: { subject: session.subject, authentication: session.authentication },
      grants: gateway.deps.grants.of(session.subject, 'permits'),
      network: { address: '192.0.2.7' },
      method: 'GET',
      path: '/',
      now: gateway.clock.now,
    })
    expect(facts.grants.length).toBeGreaterThan(0)
    expect([...facts.network.names]).toEqual(['office'])
  })

  test('an unknown address stays in no network', async () => {
    const unknown = { ...earlier, network: { address: undefined, names: new Set(['old']) } }
    expect((await rebuilt(unknown)).facts.network).toEqual({ address: undefined, names: new Set() })
  })

  test('with the current posture of the device it came from, as far as its user may use it', async () => {
    const asked: unknown[] = []
    const current: Dependencies['devices']['current'] = (id, person) => {
      asked.push(id, person)
      return { state: 'mismatch' }
    }
    const { session, facts } = await rebuilt({ ...earlier, device: laptop }, 'LT-2', current)
    expect(asked).toEqual(['LT-1', session.subject])
    expect(facts.device).toEqual({ state: 'mismatch' })
  })

  test.each([{ state: 'absent' }, { state: 'unreachable' }] as const)(
    'with the device of its session where it was %j',
    async (device) => {
      const asked: string[] = []
      const current = async (id: string) => (asked.push(id), laptop)
      expect((await rebuilt({ ...earlier, device }, 'LT-2', current)).facts.device).toBe(laptop)
      expect(asked).toEqual(['LT-2'])
      // No device at all: as before, and no source is asked.
      expect((await rebuilt({ ...earlier, device })).facts.device).toBe(device)
    },
  )
})
