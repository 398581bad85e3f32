// Emergencies on the pages: red for everybody who oversees them, on every page, until they end; never a success.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Configuration } from '../../src/config/configuration.ts'
import { emergencySettings, requestSettings } from '../grants/requests/environment.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import { openDesk, type Desk, type Visitor } from './web-client.ts'

const administrator = { kind: 'administrator', name: 'admin socket' } as const
const pages = ['/', '/requests', '/requests/new', '/approvals', '/admin/external', '/admin/reviews'] as const
const stated = { name: '<i>Max</i> Muster', reason: 'Line 4 <stands>' }

let provider: ProviderUnderTest
let desk: Desk

beforeEach(async () => {
  provider = await startProviderUnderTest()
  const people = { approvers: { users: ['approver@example.com'] }, eligible: { groups: ['staff'] } }
  const emergency = { reviewers: { users: ['reviewer@example.com'] }, eligible: { groups: ['on-call'] }, codes: true }
  desk = openDesk(provider, [], { requests: requestSettings(people), emergency: emergencySettings(emergency) }, {
    roles: new Map([
      ['admins', { groups: [], users: ['admin@example.com'] }],
      ['viewers', { groups: [], users: ['viewer@example.com'] }],
    ]),
    console: { admins: ['admins'], viewers: ['viewers'], reviewEvery: 86_400_000 },
    grants: [],
  } as unknown as Partial<Configuration>)
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

async function enter(name: string, more: object = {}): Promise<Visitor> {
  const before = provider.person
  provider.person = {
    ...before,
    sub: name,
    email: `${name}@example.com`,
    name,
    groups: [],
    sid: `sid-${name}`,
    ...more,
  }
  const visitor = desk.browser()
  await visitor.signIn()
  provider.person = before
  return visitor
}

/** Opens emergency access by a code; the browser that did. */
async function useCode(): Promise<Visitor> {
  const wanted = { app: 'wiki', duration: 1_800_000, expiresAt: desk.house.now() + 86_400_000 }
  const { code } = await desk.codes.create(wanted, administrator)
  const visitor = desk.browser()
  expect((await visitor.post('/emergency', { code, ...stated })).status).toBe(200)
  return visitor
}

const body = async (visitor: Visitor, url: string, language = 'en'): Promise<string> =>
  String((await visitor.get(url, { 'accept-language': language })).body)
const red = /<div class="emergency running" role="alert">/
const theEmergency = () => desk.requests.all().find(({ emergency }) => emergency)!

describe('while it is running', () => {
  test.each(['reviewer', 'approver', 'admin', 'viewer'])('a %s sees it on every page they can open', async (who) => {
    const visitor = await enter(who)
    for (const url of pages) expect(await body(visitor, url)).not.toMatch(/class="emergency/)
    await useCode()
    let shown = 0
    for (const url of [...pages, `/approvals/${theEmergency().id}`]) {
      const reply = await visitor.get(url)
      if (reply.status === 404 && url.startsWith('/admin')) continue
      const text = String(reply.body)
      expect([url, red.test(text)]).toEqual([url, true])
      expect(text).toContain('Emergency access is running')
      expect(text).toContain('stated name, not verified')
      expect(text).toContain('“&lt;i&gt;Max&lt;/i&gt; Muster”')
      expect(text).toContain('Reason: Line 4 &lt;stands&gt;')
      expect(text).toContain(`href="/approvals/${theEmergency().id}#end"`)
      expect(text).not.toContain('<i>Max')
      shown++
    }
    expect(shown).toBeGreaterThanOrEqual(5)
    expect(await body(visitor, '/', 'de')).toContain('angegebener Name, nicht geprüft')
  })

  test('others see nothing of it', async () => {
    const ada = await enter('ada', { groups: ['staff'] })
    await useCode()
    for (const url of ['/', '/requests', '/requests/new'])
      expect(await body(ada, url)).not.toContain('class="emergency')
    expect((await ada.get(`/approvals/${theEmergency().id}`)).status).toBe(404)
  })

  test('it is neither a green card nor a request that waits', async () => {
    const reviewer = await enter('reviewer')
    await useCode()
    const portal = await body(reviewer, '/')
    expect(portal).not.toContain('waiting for you')
    expect(portal).not.toContain('said wait')
    const page = await body(reviewer, `/approvals/${theEmergency().id}`)
    expect(page).toContain('<div class="access stop">')
    expect(page).not.toMatch(/access good|pill good/)
    expect(page).toContain('“&lt;i&gt;Max&lt;/i&gt; Muster” (stated name, not verified): Emergency access to Wiki')
    expect(await body(reviewer, '/approvals')).not.toMatch(/pill good/)
    // A request that does wait is still announced.
    const ada = await enter('ada', { groups: ['staff'] })
    await ada.post('/requests/new', {
      app: 'wiki',
      level: 'read',
      length: '3600000',
      begin: 'now',
      reason: 'Month end',
    })
    expect(await body(await enter('approver'), '/')).toContain('One request is waiting for you')
  })

  test('the person who uses it reads that it is recorded and who was told, in red', async () => {
    const visitor = await useCode()
    for (const url of ['/', '/requests', `/requests/${theEmergency().id}`]) {
      const text = await body(visitor, url)
      expect(text).toMatch(red)
      expect(text).toContain('Your emergency access to Wiki is running')
      expect(text).toContain('Notified: reviewer@example.com.')
      expect(text).toContain('Everything you do is recorded')
    }
    expect(await body(visitor, `/requests/${theEmergency().id}`)).not.toMatch(/access good|pill good/)
    expect((await visitor.get('/approvals')).status).toBe(200)
    expect(await body(visitor, '/approvals')).not.toContain(`/approvals/${theEmergency().id}`)
  })

  test.each(['reviewer', 'approver', 'admin'])('a %s can end it', async (who) => {
    await useCode()
    const visitor = await enter(who)
    const path = `/approvals/${theEmergency().id}`
    expect(await body(visitor, path)).toContain('name="act" value="end"')
    await visitor.post(path, { act: 'end' })
    expect(desk.parts.grants.all()[0]!.revokedAt).toBeDefined()
    expect(await body(visitor, '/')).not.toMatch(red)
  })

  test('a viewer of the console can not, and approvers and admins review nothing', async () => {
    await useCode()
    const path = `/approvals/${theEmergency().id}`
    const viewer = await enter('viewer')
    expect(await body(viewer, path)).not.toContain('name="act" value="end"')
    await viewer.post(path, { act: 'end' })
    for (const who of ['viewer', 'approver', 'admin'])
      await (await enter(who)).post(path, { act: 'review', comment: 'x' })
    expect(desk.parts.grants.all()[0]!.revokedAt).toBeUndefined()
    expect(theEmergency().reviewed).toBeUndefined()
  })
})

test('after its end reviewers are reminded until it is reviewed, others for a day', async () => {
  const [reviewer, admin] = [await enter('reviewer'), await enter('admin')]
  await useCode()
  await desk.requests.revoke(theEmergency().id, administrator)
  for (const one of [reviewer, admin]) {
    const text = await body(one, '/')
    expect(text).not.toMatch(red)
    expect(text).toMatch(/<div class="emergency ended" role="status">/)
    expect(text).toContain('An emergency access has ended: review')
  }
  await reviewer.post(`/approvals/${theEmergency().id}`, { act: 'review', comment: 'It was needed' })
  for (const one of [reviewer, admin]) expect(await body(one, '/')).not.toContain('class="emergency')
})
