import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EmergencySettings } from '../../../src/config/request-settings.ts'
import { emergencySettings } from '../../grants/requests/environment.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { app, onwardOf, openDesk, type Desk } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk

function open(more: Partial<EmergencySettings> = {}): void {
  desk = openDesk(provider, [], {
    emergency: emergencySettings({ eligible: { groups: ['staff'] }, codes: true, ...more }),
  })
}

beforeEach(async () => {
  provider = await startProviderUnderTest()
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

const made = async (): Promise<string> => {
  const wanted = { app: 'wiki', duration: 1_800_000, expiresAt: desk.house.now() + 86_400_000 }
  return (await desk.codes.create(wanted, { kind: 'administrator', name: 'admin socket' })).code
}

test('an emergency code opens its app once, without a provider, and is recorded', async () => {
  open()
  const code = await made()
  await provider.pause()
  const visitor = desk.browser()
  const down = await visitor.get('/sign-in?provider=corp')
  expect(down.status).toBe(503)
  expect(String(down.body)).toContain('href="/emergency"')
  expect(String((await visitor.get('/emergency')).body)).toContain('Emergency code')
  const reply = await visitor.post('/emergency', { code: ` ${code.toLowerCase().replaceAll('-', ' ')} ` })
  expect(onwardOf(reply)).toBe(`${app.origin}/`)
  expect(String(reply.body)).not.toContain(code)
  expect((await visitor.get('/')).status).toBe(200)
  expect(desk.house.events.filter((event) => event.kind === 'finding' && event.severity === 'critical')).toHaveLength(1)
  expect(desk.requests.all()).toMatchObject([{ app: 'wiki', emergency: true, state: 'approved' }])

  const second = await desk.browser().post('/emergency', { code })
  expect(second.status).toBe(422)
  expect(String(second.body)).not.toContain(code)
})

test('only by a same-origin form post, never by URL, and rate limited', async () => {
  open()
  const code = await made()
  const visitor = desk.browser()
  expect((await visitor.post('/emergency', { code }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  await visitor.get(`/emergency?code=${code}`)
  for (let at = 0; at < 10; at++) expect((await visitor.post('/emergency', { code: `x${at}` })).status).toBe(422)
  expect((await visitor.post('/emergency', { code: 'x' })).status).toBe(429)
  expect((await visitor.post('/emergency', { code })).status).toBe(429)
  expect(desk.requests.all()).toEqual([])
})

test('without an app that accepts codes the page is 404 and not linked', async () => {
  open({ codes: false })
  await provider.pause()
  const visitor = desk.browser()
  expect((await visitor.get('/emergency')).status).toBe(404)
  expect((await visitor.post('/emergency', { code: 'x' })).status).toBe(404)
  expect(String((await visitor.get('/sign-in?provider=corp')).body)).not.toContain('/emergency')
})
