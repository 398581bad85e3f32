// Language and refreshing as a person chose them: kept in cookies of each host, changed by our own pages only.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitingOf } from '../../src/web/kit/waiting.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import { pageRequest } from './page-fixtures.ts'
import { cookiesOf, headersOf } from './reply-headers.ts'
import { app, gateway, locationOf, openDesk, type Desk } from './web-client.ts'

let provider: ProviderUnderTest
let desk: Desk

beforeAll(async () => {
  provider = await startProviderUnderTest()
  desk = openDesk(provider)
})
afterAll(async () => {
  await desk.house.stop()
  await provider.stop()
})

describe('the language', () => {
  test.each([
    ['the gateway', gateway.origin, '/nothing'],
    ['an application', app.origin, '/.einlass/nothing'],
  ])('is kept on the host of %s, and comes before what the browser asks for', async (_name, origin, path) => {
    const ada = desk.browser()
    const languageOf = async (): Promise<string | undefined> =>
      headersOf(await ada.get(origin + path, { 'accept-language': 'en' })).get('content-language')
    expect(await languageOf()).toBe('en')
    const chosen = await ada.post(
      `${origin}/.einlass/language`,
      { language: 'de' },
      { referer: `${origin}${path}?a=1` },
    )
    expect(locationOf(chosen)).toBe(`${origin}${path}?a=1`)
    expect(cookiesOf(chosen)).toEqual([
      '__Host-einlass-language=de; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000',
    ])
    expect(await languageOf()).toBe('de')
  })

  test('is changed by no other site, and to nothing unknown', async () => {
    const ada = desk.browser()
    const foreign = await ada.post('/.einlass/language', { language: 'de' }, { 'sec-fetch-site': 'cross-site' })
    expect([foreign.status, cookiesOf(foreign)]).toEqual([403, []])
    expect(cookiesOf(await ada.post('/.einlass/language', { language: '"><script>' }))).toEqual([])
  })

  test.each(['https://evil.example/x', '//evil.example', 'javascript:alert(1)', `${app.origin}/x`, ''])(
    'leads back to no other host (%s)',
    async (referer) => {
      const reply = await desk.browser().post('/.einlass/language', { language: 'de' }, { referer })
      expect(locationOf(reply)).toBe(`${gateway.origin}/`)
    },
  )

  test('a path that browsers would read as another host stays one of this host', async () => {
    const referer = `${gateway.origin}//evil.example/x`
    const reply = await desk.browser().post('/.einlass/language', { language: 'de' }, { referer })
    expect(locationOf(reply)).toBe(`${gateway.origin}//evil.example/x`)
  })
})

describe('a page that waits', () => {
  const of = (cookie: string, more = {}) => waitingOf(pageRequest({ headers: { cookie }, ...more }), 'en')

  test('looks again every 15 seconds, for ten minutes at most', () => {
    let cookie = ''
    let loads = 0
    for (;;) {
      const [name, seconds, , value] = of(cookie).headers
      if (name === undefined) break
      expect([name, seconds]).toEqual(['Refresh', '15'])
      cookie = value!.split(';')[0]!
      loads++
    }
    expect(loads * 15).toBe(600)
  })

  test('stands still where that is wanted, and in frames', () => {
    expect(of('__Host-einlass-refresh=off').headers).toEqual([])
    const frame = { embedders: ['https://a.example'], otherSite: false }
    expect(of('', { frame })).toEqual({ line: undefined, headers: [] })
  })

  test('believes no cookie of another form', () => {
    for (const value of ['-1', '1e9', 'offf', '9999', '']) {
      expect(of(`__Host-einlass-refresh=${value}`).headers[0]).toBe('Refresh')
    }
  })
})
