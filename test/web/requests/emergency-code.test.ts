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

const stated = { name: 'Max Muster', reason: 'Line 4 stands' }

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
  const reply = await visitor.post('/emergency', { ...stated, code: ` ${code.toLowerCase().replaceAll('-', ' ')} ` })
  expect(onwardOf(reply)).toBe(`${app.origin}/`)
  expect(String(reply.body)).not.toContain(code)
  expect((await visitor.get('/')).status).toBe(200)
  expect(desk.house.events.filter((event) => event.kind === 'finding' && event.severity === 'critical')).toHaveLength(1)
  expect(desk.requests.all()).toMatchObject([{ app: 'wiki', emergency: true, state: 'approved' }])

  const second = await desk.browser().post('/emergency', { ...stated, code })
  expect(second.status).toBe(422)
  expect(String(second.body)).not.toContain(code)
})

test('only by a same-origin form post, never by URL', async () => {
  open()
  const code = await made()
  const visitor = desk.browser()
  expect((await visitor.post('/emergency', { ...stated, code }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  await visitor.get(`/emergency?code=${code}&name=Max&reason=x`)
  expect(desk.requests.all()).toEqual([])
})

test('many wrong codes are answered with 429, and the right one from the same address still opens', async () => {
  open()
  const code = await made()
  const visitor = desk.browser()
  for (let at = 0; at < 10; at++) {
    expect((await visitor.post('/emergency', { ...stated, code: `x${at}` })).status).toBe(422)
  }
  expect((await visitor.post('/emergency', { ...stated, code: 'x' })).status).toBe(429)
  expect((await visitor.post('/emergency', { ...stated, code })).status).toBe(200)
  expect(desk.requests.all()).toHaveLength(1)
})

test('without name or reason nothing happens to the code, and what was typed stays, but not the code', async () => {
  open()
  const code = await made()
  const visitor = desk.browser()
  for (const left of [{ name: '' }, { reason: ' ' }, { name: 'x'.repeat(101) }]) {
    const reply = await visitor.post('/emergency', { ...stated, ...left, code })
    expect(reply.status).toBe(422)
    expect(String(reply.body)).toContain('The code has not been used')
    expect(String(reply.body)).not.toContain(code)
  }
  const text = '"><img src=x onerror=alert(1)>'
  const again = await visitor.post('/emergency', { code: 'x', name: text, reason: text })
  expect(String(again.body)).not.toContain('<img')
  expect(String(again.body)).toContain('&lt;img')
  expect((await visitor.post('/emergency', { ...stated, code })).status).toBe(200)
})

test('without an app that accepts codes the page is 404 and not linked', async () => {
  open({ codes: false })
  await provider.pause()
  const visitor = desk.browser()
  expect((await visitor.get('/emergency')).status).toBe(404)
  expect((await visitor.post('/emergency', { code: 'x' })).status).toBe(404)
  expect(String((await visitor.get('/sign-in?provider=corp')).body)).not.toContain('/emergency')
})
