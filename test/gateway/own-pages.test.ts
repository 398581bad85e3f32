// Pages of the gateway itself: what they are given about apps, devices and grants; no page counts as access to an app.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import { StoreUnreachable } from '../../src/store/store.ts'
import { posture } from '../policy/access-request-fixtures.ts'
import { composeGateway, told, type ComposedGateway, type SignedIn } from './composed-gateway.ts'

const host = 'access.example.com'
const hour = 3_600_000
let gateway: ComposedGateway
let as: SignedIn
beforeAll(async () => {
  gateway = await composeGateway(
    {
      wiki: 'title: Handbook, policy: [{ allow: { groups: [staff] } }]',
      erp: 'title: Books, policy: [{ allow: { groups: [board] } }]',
      lab: 'title: Laboratory, policy: [{ allow: { networks: [office] } }]',
      permits: 'title: Permits, policy: [{ allow: { grant: required } }]',
    },
    'roles: { auditors: { groups: [audit] } }\nconsole: { roles: { viewer: [auditors] } }',
  )
  as = await gateway.signIn('access')
})
afterAll(() => gateway?.stop())

const deps = (more: Partial<Dependencies>): Dependencies => ({ ...gateway.deps, ...more })
const give = (who: string, app: string, duration: number, more: { sponsor?: string } = {}) =>
  gateway.deps.grants.give(
    {
      who,
      app,
      level: 'full',
      from: gateway.clock.now,
      until: gateway.clock.now + duration,
      schedule: undefined,
      sponsor: undefined,
      reason: undefined,
      ...more,
    },
    { kind: 'system' },
  )
const portal = async (sent = {}, parts = gateway.deps): Promise<string> => {
  const { status, body } = await gateway.send({ as, host, page: true, ...sent }, parts)
  expect(status).toBe(200)
  return body
}

describe('the portal', () => {
  test('shows the apps whose start page this user may read from this network', async () => {
    const events = gateway.events.length
    const body = await portal()
    for (const title of ['Handbook', 'Laboratory']) expect(body).toContain(title)
    for (const title of ['Books', 'Permits']) expect(body).not.toContain(title)
    expect(body).toContain('href="https://wiki.example.com')
    // Nothing was asked for at an app.
    expect(gateway.events).toHaveLength(events)
    expect(gateway.forwarded).toEqual([])
  })

  test('asks device sources for `GET /`, however it was asked for itself', async () => {
    const asked: string[] = []
    const devices: Dependencies['devices'] = {
      ...gateway.deps.devices,
      identify({ method, target }) {
        asked.push(`${method} ${target}`)
        return { device: { state: 'absent' }, pin: undefined }
      },
    }
    await gateway.send({ as, host, page: true, method: 'HEAD', target: '/?notice=x' }, deps({ devices }))
    expect(new Set(asked)).toEqual(new Set(['GET /']))
  })

  test('says from when on an app is closed, where that is within a month', async () => {
    const day = 24 * hour
    const { id } = await give('company|anna', 'permits', 29 * day)
    const closes = async () => /Permits[^]*?<\/li>/.exec(await portal())?.[0] ?? ''
    const dayOf = (time: number) =>
      new Intl.DateTimeFormat('en', {
        day: 'numeric',
        timeZone: gateway.deps.activeConfig().configuration.gateway.timeZone,
      }).format(time)
    const soon = await closes()
    expect(soon).toContain('<time')
    expect(soon).toContain(dayOf(gateway.clock.now + 29 * day))
    await gateway.deps.grants.revoke(id, { kind: 'system' })
    const later = await give('company|anna', 'permits', 31 * day)
    expect(await closes()).not.toContain('<time')
    await gateway.deps.grants.revoke(later.id, { kind: 'system' })
  })

  test('shows the posture of the devices of its user, as far as they may use them', async () => {
    const laptop = await gateway.signIn('access', { sub: 'lea', email: 'lea@example.com' })
    await gateway.deps.sessions.update(laptop.session, { device: 'LT-1' })
    const asked: unknown[] = []
    const devices: Dependencies['devices'] = {
      ...gateway.deps.devices,
      current(id, person) {
        asked.push(id, person?.sub)
        return { state: 'known', posture: posture({ deviceId: 'LT-1' }) }
      },
    }
    expect(await portal({ as: laptop }, deps({ devices }))).toContain('LT-1')
    expect(asked.slice(-2)).toEqual(['LT-1', 'lea'])
  })
})

describe('the register of external access', () => {
  const target = '/admin/external.json'
  const lines = async (viewer: SignedIn, parts = gateway.deps) => {
    const answer = await gateway.send({ as: viewer, host, target, page: true }, parts)
    return { answer, external: (JSON.parse(answer.body) as { external?: object[] }).external }
  }

  test('has the grants of external users and when they used them, as of now', async () => {
    const auditor = await gateway.signIn('access', { sub: 'olga', groups: ['audit'] })
    await give('company|guest', 'permits', hour, { sponsor: 'anna@example.com' })
    await give('company|anna', 'permits', hour)
    const guest = await gateway.signIn('permits', { sub: 'guest', email: 'guest@example.org', external: true })
    expect((await gateway.send({ as: guest, host: 'permits.example.com' })).status).toBe(200)
    const used = Math.floor(gateway.clock.now / hour) * hour
    expect((await lines(auditor)).external).toMatchObject([
      { who: 'company|guest', app: 'permits', state: 'counts', email: 'guest@example.org', lastUsed: used },
    ])
    gateway.clock.now += 2 * hour
    expect((await lines(await gateway.signIn('access', { sub: 'olga', groups: ['audit'] }))).external).toMatchObject([
      { who: 'company|guest', state: 'over' },
    ])
  })

  test('is unavailable while the store cannot be read, and no incident', async () => {
    const auditor = await gateway.signIn('access', { sub: 'olga', groups: ['audit'] })
    const users = { ...gateway.deps.users, all: () => Promise.reject(new StoreUnreachable('down')) }
    const { status } = await gateway.send({ as: auditor, host, target, page: true }, deps({ users }))
    expect(status).toBe(503)
  })
})

test('the keys of assertions are public', async () => {
  const answer = await gateway.send({ host, target: '/.well-known/einlass/jwks.json' })
  const { keys } = JSON.parse(answer.body) as { keys: { kty: string }[] }
  expect([answer.status, keys.map(({ kty }) => kty)]).toEqual([200, ['EC']])
})

test('below /.einlass/ of an app there are its own pages only, and anything else there never reaches the app', async () => {
  const wiki = await gateway.signIn('wiki')
  expect((await gateway.send({ as: wiki, target: '/.einlass/session' })).status).toBe(200)
  const before = gateway.forwarded.length
  expect(told(await gateway.send({ as: wiki, target: '/.einlass/admin/external.json' }))).toBe('404 not_found')
  expect(gateway.forwarded).toHaveLength(before)
  expect((await gateway.send({ as: wiki, target: '/.einlassen' })).status).toBe(200)
  expect(gateway.forwarded).toHaveLength(before + 1)
})
