// A callback that somebody tampered with is 400 with one click to start again; it alarms nobody and counts as no outage.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { countingRecorder } from '../../../src/server/metrics-sources.ts'
import { createMetrics } from '../../../src/telemetry/metrics.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { settingsOf } from '../../identity/sign-in-environment.ts'
import { app, gateway, journeyTo, locationOf, openDesk, type Desk } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk

beforeEach(async () => {
  provider = await startProviderUnderTest()
  desk = openDesk(provider, [settingsOf(provider, { name: 'partners', title: 'Partners', domains: [] })])
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

const unknown = 'A'.repeat(43)

test.each<[name: string, change: (query: URLSearchParams) => unknown, path?: string]>([
  ['a second code', (query) => query.append('code', 'x')],
  ['a second state', (query) => query.append('state', unknown)],
  ['a second error', (query) => (query.append('error', 'a'), query.append('error', 'b'))],
  ['no code', (query) => query.delete('code')],
  ['an empty code', (query) => query.set('code', '')],
  ['no state', (query) => query.delete('state')],
  ['an unknown state', (query) => query.set('state', unknown)],
  ['a state of kilobytes', (query) => query.set('state', 'A'.repeat(10_000))],
  ['a query of kilobytes', (query) => query.set('filler', 'A'.repeat(20_000))],
  ['the name of another provider', () => undefined, '/callback/partners'],
  ['the name of no provider', () => undefined, '/callback/nobody'],
  ['another issuer', (query) => query.set('iss', 'https://evil.test')],
  ['no issuer', (query) => query.delete('iss')],
  ['two issuers', (query) => query.append('iss', 'https://evil.test')],
  ['an error', (query) => query.set('error', 'server_error')],
  ['an outage', (query) => query.set('error', 'temporarily_unavailable')],
  ['an error that is none', (query) => query.set('error', '<script>\r\n')],
])(
  'a callback with %s is 400, no alarm, and one click from a sign-in',
  async (_name, change, path = '/callback/corp') => {
    const ada = desk.browser()
    const journey = await journeyTo(desk, ada, '/deep/link')
    const away = locationOf(await ada.get(`/sign-in?provider=corp&journey=${journey}`))
    const query = new URLSearchParams(await provider.visit(away))
    change(query)
    const before = desk.house.events.length
    const reply = await ada.get(`${path}?${query}`)
    expect(reply.status).toBe(400)
    expect(provider.tokenRequests).toHaveLength(0)

    const events = desk.house.events.slice(before)
    expect(events).toMatchObject([{ kind: 'authentication', outcome: 'failure' }])
    const metrics = createMetrics()
    const count = countingRecorder(() => undefined, metrics)
    for (const event of events) count(event)
    const text = await metrics.text()
    expect(text).toMatch(/einlass_sign_ins_total\{provider="(?:corp|partners|unknown)",outcome="rejected"\} 1/)
    expect(text).not.toMatch(/outcome="failure"\} [1-9]/)

    const again = /href="(\/sign-in[^"]*)"/.exec(String(reply.body))![1]!.replaceAll('&amp;', '&')
    const url = new URL(again, gateway.origin)
    url.searchParams.set('provider', 'corp')
    const landed = await ada.get(`/callback/corp${await provider.visit(locationOf(await ada.get(url.href)))}`)
    expect(landed.status).toBe(303)
    // A callback whose state is still ours knows what it was for.
    if (query.get('state') !== unknown && query.get('state')?.length === 43 && String(query).length < 16_384) {
      expect(locationOf(await ada.get(locationOf(landed)))).toBe(`${app.origin}/deep/link`)
    }
  },
)

test.each([
  ['en', 'This sign-in could not be completed', 'Your sign-in service reported an error', 'Try again'],
  ['de', 'Diese Anmeldung ließ sich nicht abschließen', 'Ihr Anmeldedienst meldet einen Fehler', 'Erneut versuchen'],
])('the pages for it are in the language %s', async (language, invalid, failed, again) => {
  for (const [change, heading] of [
    [(query: URLSearchParams) => query.append('code', 'x'), invalid],
    [(query: URLSearchParams) => query.set('error', 'server_error'), failed],
  ] as const) {
    const ada = desk.browser()
    const query = new URLSearchParams(await provider.visit(locationOf(await ada.get('/sign-in?provider=corp'))))
    change(query)
    const body = String((await ada.get(`/callback/corp?${query}`, { 'accept-language': language })).body)
    expect(body).toContain(heading)
    expect(body).toContain(again)
  }
})

test('what the provider itself does wrong is still its failure', async () => {
  provider.deviation = { claims: (claims) => ({ ...claims, aud: 'other' }) }
  const ada = desk.browser()
  const reply = await ada.get(
    `/callback/corp${await provider.visit(locationOf(await ada.get('/sign-in?provider=corp')))}`,
  )
  expect(reply.status).toBe(502)
  const metrics = createMetrics()
  countingRecorder(() => undefined, metrics)(desk.house.events.at(-1)!)
  expect(await metrics.text()).toContain('einlass_sign_ins_total{provider="corp",outcome="failure"} 1')
})
