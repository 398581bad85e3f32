// Bindings: a session belongs to its first device, and a grant to an address to the first account that uses it.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bindDevice } from '../../src/gateway/bind-device.ts'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import type { DeviceIdentification } from '../../src/devices/devices.ts'
import type { Session } from '../../src/identity/session/session.ts'
import { StoreUnreachable } from '../../src/store/store.ts'
import { known } from '../policy/access-request-fixtures.ts'
import { composeGateway, told, type ComposedGateway, type SignedIn } from './composed-gateway.ts'

let gateway: ComposedGateway
beforeAll(async () => {
  gateway = await composeGateway(
    {
      wiki: 'policy: [{ allow: { groups: [staff] } }]',
      laptops: 'policy: [{ allow: { device: laptop } }]',
      permits: 'policy: [{ allow: { grant: required } }]',
      watched: 'policy: [{ allow: { grant: required } }], mode: monitor',
    },
    'devices: { postures: { laptop: { managed: true, max_age: 10000d } } }',
  )
})
afterAll(() => gateway?.stop())

const deps = (more: Partial<Dependencies>): Dependencies => ({ ...gateway.deps, ...more })
const stored = async ({ session }: SignedIn): Promise<Session | string> => {
  const found = await gateway.deps.sessions.read(session.id)
  return found.state === 'live' ? found.session : found.state === 'none' ? found.reason : found.state
}
const deviceOf = async (as: SignedIn): Promise<unknown> => ((await stored(as)) as Session).device

describe('a device that proved itself', () => {
  const host = 'laptops.example.com'
  const laptop: DeviceIdentification = { device: known({ deviceId: 'LT-1' }), pin: 'LT-1' }
  const identified = (identify: Dependencies['devices']['identify'] = () => laptop): Dependencies =>
    deps({ devices: { ...gateway.deps.devices, identify } })
  const sessionsThat = (more: Partial<Dependencies['sessions']>): Dependencies => ({
    ...identified(),
    sessions: { ...gateway.deps.sessions, ...more },
  })

  test('is bound to the session before anything is forwarded', async () => {
    const as = await gateway.signIn('laptops')
    const { upstream } = gateway
    let boundBefore: unknown
    gateway.upstream = async (request) => {
      boundBefore = await deviceOf(as)
      return upstream(request)
    }
    expect((await gateway.send({ as, host }, identified())).status).toBe(200)
    gateway.upstream = upstream
    expect(boundBefore).toBe('LT-1')
    expect(gateway.access().input.device).toBe(laptop.device)
  })

  test('does not count where the binding cannot be written', async () => {
    const as = await gateway.signIn('laptops')
    const conflict = sessionsThat({
      update: async () => undefined,
      read: async () => ({ state: 'none', reason: 'session_revoked' }),
    })
    const before = gateway.forwarded.length
    expect(told(await gateway.send({ as, host }, conflict))).toBe('403 device_unknown')
    expect(gateway.forwarded).toHaveLength(before)
    expect(gateway.access().input.device).toEqual({ state: 'absent' })
    // Where no rule asks for a device, the request goes on without it.
    const reader = await gateway.signIn('wiki')
    expect((await gateway.send({ as: reader }, conflict)).status).toBe(200)
    expect(gateway.access().input.device).toEqual({ state: 'absent' })
  })

  test('counts where a parallel request bound it, and not where that bound another', async () => {
    const { session } = await gateway.signIn('laptops')
    const update = async () => undefined
    const foundWith = (device: string | undefined) => ({ state: 'live', session: { ...session, device } }) as const
    for (const [device, counts] of [
      ['LT-1', true],
      ['LT-2', false],
    ] as const) {
      const parts = sessionsThat({ update, read: async () => foundWith(device) })
      expect(await bindDevice(parts, session, 'LT-1')).toBe(counts)
    }
  })

  test('is tried again where the session changed otherwise, with the session as it is now', async () => {
    const { session } = await gateway.signIn('laptops')
    const changed: Session = { ...session, version: session.version + 1 }
    const tried: Session[] = []
    const parts = sessionsThat({
      async update(one, facts) {
        tried.push(one)
        return one === changed ? { ...one, ...facts } : undefined
      },
      read: async () => ({ state: 'live', session: changed }),
    })
    expect(await bindDevice(parts, session, 'LT-1')).toBe(true)
    expect(tried).toEqual([session, changed])
  })

  test('other than that of the session ends the session, and is denied', async () => {
    const as = await gateway.signIn('wiki')
    const bound = { ...as, session: (await gateway.deps.sessions.update(as.session, { device: 'LT-1' }))! }
    const before = gateway.forwarded.length
    const mismatch = identified(() => ({ device: { state: 'mismatch' }, pin: undefined }))
    expect(told(await gateway.send({ as: bound }, mismatch))).toBe('403 device_mismatch')
    expect(gateway.forwarded).toHaveLength(before)
    expect(await stored(bound)).toBe('session_revoked')
    expect(gateway.events.findLast(({ kind }) => kind === 'authentication')).toMatchObject({
      activity: 'session_ended',
      reason: 'session_revoked',
      actor: { kind: 'system' },
      session: as.session.id,
    })
  })

  test('that is another user’s ends no session that is bound to none', async () => {
    const as = await gateway.signIn('wiki')
    const mismatch = identified(() => ({ device: { state: 'mismatch' }, pin: undefined }))
    expect((await gateway.send({ as }, mismatch)).status).toBe(200)
    expect(await stored(as)).toMatchObject({ device: undefined })
  })
})

describe('a grant to an address', () => {
  const host = 'permits.example.com'
  let id: string
  const giveTo = async (address: string, app = 'permits') => {
    const { now } = gateway.clock
    const grant = await gateway.deps.grants.give(
      {
        who: `company|mailto:${address}`,
        app,
        level: 'full',
        from: now,
        until: now + 3_600_000,
        schedule: undefined,
        sponsor: undefined,
        reason: undefined,
      },
      { kind: 'system' },
    )
    id = grant.id
  }
  const person = (sub: string, app = 'permits') => gateway.signIn(app, { sub, email: 'guest@example.com' })
  const findings = () => gateway.events.filter(({ kind }) => kind === 'finding')
  const grantsThat = (bind: Dependencies['grants']['bind']): Dependencies =>
    deps({ grants: { ...gateway.deps.grants, bind } })
  afterEach(async () => void (await gateway.deps.grants.revoke(id, { kind: 'system' })))

  test('belongs to the first account that uses it; another with the address is denied, and reported', async () => {
    await giveTo('guest@example.com')
    const [first, second] = [await person('one'), await person('two')]
    expect((await gateway.send({ as: first, host })).status).toBe(200)
    expect(gateway.deps.grants.isUnbound(id)).toBe(false)
    expect(gateway.access().decision).toMatchObject({ effect: 'allow', grant: id })
    const before = findings().length
    const denied = await gateway.send({ as: second, host, headers: { 'User-Agent': 'curl/8' } })
    expect(told(denied)).toBe('403 grant_of_other_account')
    await expect
      .poll(() => findings().slice(before))
      .toEqual([
        expect.objectContaining({
          severity: 'high',
          actor: expect.objectContaining({ sub: 'two' }),
          origin: {
            requestId: denied.headers['x-request-id'],
            address: '192.0.2.7',
            port: 50_000,
            userAgent: 'curl/8',
          },
        }),
      ])
    // The one it belongs to is not reported when denied.
    await gateway.send({ as: first, host, method: 'POST', headers: { Origin: 'https://evil.test' } })
    expect(findings()).toHaveLength(before + 1)
  })

  test('that another account used a moment earlier allows nothing', async () => {
    await giveTo('guest@example.com')
    const late = await person('late')
    const { session: early } = await person('early')
    const raced = grantsThat(() => gateway.deps.grants.bind(id, early.subject))
    const before = gateway.forwarded.length
    expect(told(await gateway.send({ as: late, host }, raced))).toBe('403 grant_of_other_account')
    expect(gateway.forwarded).toHaveLength(before)
    expect(gateway.access().input.grants).toContainEqual(expect.objectContaining({ id, boundTo: 'early' }))
  })

  test('allows nothing while its binding cannot be written', async () => {
    await giveTo('guest@example.com')
    const as = await person('one')
    const before = gateway.forwarded.length
    const unreachable = grantsThat(() => Promise.reject(new StoreUnreachable('down')))
    const answer = await gateway.send({ as, host }, unreachable)
    expect(told(answer)).toBe('503 store_unreachable')
    expect(answer.headers['retry-after']).toBe('10')
    expect(gateway.access().decision).toMatchObject({ effect: 'deny', validUntil: gateway.clock.now })
    const broken = await gateway.send(
      { as, host },
      grantsThat(() => Promise.reject(new Error('broken'))),
    )
    expect(told(broken)).toBe('500 incident')
    expect(gateway.forwarded).toHaveLength(before)
    expect(gateway.deps.grants.isUnbound(id)).toBe(true)
  })

  test('is bound neither by a denied request nor where the policy is only watched', async () => {
    await giveTo('guest@example.com')
    const as = await person('one')
    const foreign = { method: 'POST', headers: { Origin: 'https://evil.test' } }
    expect(told(await gateway.send({ as, host, ...foreign }))).toBe('403 origin_not_allowed')
    expect(gateway.deps.grants.isUnbound(id)).toBe(true)
    await gateway.deps.grants.revoke(id, { kind: 'system' })
    await giveTo('guest@example.com', 'watched')
    expect((await gateway.send({ as: await person('one', 'watched'), host: 'watched.example.com' })).status).toBe(200)
    expect(gateway.deps.grants.isUnbound(id)).toBe(true)
  })
})
