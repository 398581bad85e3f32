// Forms of our own pages under the one origin check: every POST route refuses other pages, and no GET has an effect.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { appRoutes, gatewayRoutes } from '../../src/web/routes.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import { app, gateway, journeyTo, locationOf, openDesk, type Desk, type Visitor } from './web-client.ts'

let provider: ProviderUnderTest
let desk: Desk
let ada: Visitor

beforeAll(async () => {
  provider = await startProviderUnderTest()
  desk = openDesk(provider)
  ada = desk.browser()
  await ada.get(locationOf(await ada.signIn(await journeyTo(desk, ada, '/'))))
})
afterAll(async () => {
  await desk.house.stop()
  await provider.stop()
})

const places = [
  ...gatewayRoutes.map((route) => ({ own: gateway.origin, route })),
  ...appRoutes.map((route) => ({ own: app.origin, route })),
].map(({ own, route }) => ({ own, route, url: own + route.path.replace(/:\w+/g, 'corp') }))

/** Called by providers, without a cookie: the signed logout token is the credential. */
const byServers = ['/backchannel-logout/:provider']
const forms = places.filter(({ route }) => route.POST !== undefined && !byServers.includes(route.path))

const sibling = 'https://other.example.com'
const foreign = (own: string): readonly (readonly [string, string | undefined])[] => [
  ['cross-site', 'https://evil.test'],
  ['same-site', sibling],
  ['same-site', undefined],
  ['same-origin', sibling],
  ['same-origin, cross-site', own],
  ['none', own],
  ['cross-site', 'null'],
  ['', sibling],
]

test('there are forms to try', () => expect(forms.length).toBeGreaterThan(8))

test.each(forms)('a form of another page changes nothing at $url', async ({ own, url }) => {
  const events = desk.house.events.length
  for (const [site, origin] of foreign(own)) {
    const headers = { 'sec-fetch-site': site, ...(origin !== undefined && { origin }) }
    const reply = await ada.post(url, { app: 'wiki', all: '1', email: 'ada@corp.test' }, headers)
    expect([403, 401], JSON.stringify(headers)).toContain(reply.status)
  }
  expect(desk.house.events.length).toBe(events)
  expect((await desk.house.sessions.all()).filter(({ ended }) => ended === undefined)).toHaveLength(1)
})

test.each(places.filter(({ route }) => route.GET !== undefined))(
  'a link or an image of another page has no effect on the user at $url',
  async ({ url }) => {
    const before = [...ada.cookies.get(new URL(url).host)!].filter(([name]) => name === '__Host-einlass')
    for (const site of ['same-site', 'cross-site']) {
      await ada.request(url, { navigation: false, headers: { 'sec-fetch-site': site } })
    }
    expect([...ada.cookies.get(new URL(url).host)!].filter(([name]) => name === '__Host-einlass')).toEqual(before)
    expect((await desk.house.sessions.all()).filter(({ ended }) => ended === undefined)).toHaveLength(1)
  },
)
