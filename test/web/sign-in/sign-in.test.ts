import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { settingsOf } from '../../identity/sign-in-environment.ts'
import { cookiesOf, headersOf } from '../reply-headers.ts'
import { elementsOf } from '../html-validator.ts'
import { app, gateway, journeyTo, locationOf, onwardOf, openDesk, type Desk } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk

beforeEach(async () => {
  provider = await startProviderUnderTest()
  desk = openDesk(provider)
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

function withTwoProviders(): Desk {
  const partners = settingsOf(provider, { name: 'partners', title: 'Partners & Co', domains: ['partner.example'] })
  return openDesk(provider, [partners])
}

describe('sign-in', () => {
  test('leads from an app through the provider back to the requested page', async () => {
    const ada = desk.browser()
    const journey = await journeyTo(desk, ada, '/page/7?a=1&b=%20')
    const ticket = locationOf(await ada.signIn(journey))
    expect(ticket).toMatch(/^https:\/\/wiki\.example\.com\/\.einlass\/arrive\?ticket=/)
    const arrived = await ada.get(ticket)
    expect(arrived.status).toBe(303)
    expect(locationOf(arrived)).toBe(`${app.origin}/page/7?a=1&b=%20`)
    expect(cookiesOf(arrived)).toHaveLength(2)
    expect([...ada.cookies.get(app.host)!.keys()]).toEqual(['__Host-einlass'])
    expect([...ada.cookies.get(gateway.host)!.keys()]).toEqual(['__Host-einlass'])
    const [theirs, ours] = [app.host, gateway.host].map((host) => ada.cookies.get(host)!.get('__Host-einlass')!)
    expect(theirs).not.toBe(ours)
    expect(await desk.house.sessions.find(theirs!, app.host)).toMatchObject({ state: 'live' })
    expect(await desk.house.sessions.find(theirs!, gateway.host)).toMatchObject({ state: 'none' })
  })

  test('redirects at once to a single provider', async () => {
    const away = await desk.browser().get('/sign-in')
    expect(away.status).toBe(303)
    expect(locationOf(away)).toContain(`${provider.issuer}/authorize`)
    expect(cookiesOf(away)[0]).toMatch(
      /^__Host-einlass-signin-[\w-]{12}=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax/,
    )
  })

  test('is skipped with a live session', async () => {
    const ada = desk.browser()
    await ada.signIn()
    const asked = provider.tokenRequests.length
    const ticket = locationOf(await ada.get(`/sign-in?journey=${await journeyTo(desk, ada, '/b')}`))
    expect(locationOf(await ada.get(ticket))).toBe(`${app.origin}/b`)
    expect(provider.tokenRequests).toHaveLength(asked)
    expect(locationOf(await ada.get('/sign-in'))).toBe('/')
  })

  test('for a step-up goes to the provider despite a session, with acr_values', async () => {
    const ada = desk.browser()
    await ada.signIn()
    const journey = await journeyTo(desk, ada, '/', { stepUp: { level: 'mfa', maxAge: undefined } })
    const away = locationOf(await ada.get(`/sign-in?journey=${journey}`))
    expect(away).toContain(`${provider.issuer}/authorize`)
    // The provider under test reports no second factor, so the step-up fails without a redirect loop.
    const back = await ada.get(`/callback/corp${await provider.visit(away)}`)
    expect(provider.authorization.get('acr_values') ?? provider.authorization.get('claims')).toContain('urn:two')
    expect(back.status).toBe(403)
    expect(String(back.body)).toContain('Your second factor was not confirmed')
    const again = /href="\/sign-in\?journey=([^"]+)"/.exec(String(back.body))![1]!
    expect(desk.house.signIn.returnContexts.open(again)).toEqual(desk.house.signIn.returnContexts.open(journey))
  })

  test('for another provider is not skipped with a session of the wrong one', async () => {
    const two = withTwoProviders()
    const ada = two.browser()
    await ada.signIn()
    const journey = await journeyTo(two, ada, '/', { provider: 'partners' })
    expect(locationOf(await ada.get(`/sign-in?journey=${journey}`))).toContain('partners')
    await two.house.stop()
  })

  test('ends on the portal when the return context is unknown or expired', async () => {
    for (const journey of ['A'.repeat(43), '../x', '', 'x'.repeat(5000)]) {
      expect(locationOf(await desk.browser().signIn(journey))).toBe('/')
    }
  })

  test('to a page of the gateway host stays on it, whatever the target looks like', async () => {
    const ada = desk.browser()
    const journey = await journeyTo(desk, ada, '/signed-out?x=1', { ...gateway, app: undefined })
    expect(locationOf(await ada.signIn(journey))).toBe(`${gateway.origin}/signed-out?x=1`)
  })

  test('takes no redirect target from the request (open redirect)', async () => {
    const ada = desk.browser()
    await ada.signIn()
    for (const name of [
      'next',
      'return',
      'redirect',
      'target',
      'rd',
      'url',
      'redirect_uri',
      'post_logout_redirect_uri',
    ]) {
      for (const path of ['/sign-in', '/sign-out', '/', '/signed-out']) {
        const reply = await ada.get(`${path}?${name}=https%3A%2F%2Fevil.example`)
        expect(headersOf(reply).get('location') ?? '').not.toContain('evil.example')
        expect(String(reply.body)).not.toContain('evil.example')
      }
    }
  })
})

describe('the callback', () => {
  test('issues a new gateway cookie each time, and the old one is invalid (session fixation)', async () => {
    const ada = desk.browser()
    await ada.signIn()
    const first = ada.cookies.get(gateway.host)!.get('__Host-einlass')!
    await ada.get('/sign-in?provider=corp')
    provider.person['amr'] = ['otp']
    const journey = await journeyTo(desk, ada, '/', { stepUp: { level: 'mfa', maxAge: undefined } })
    const ticket = await ada.signIn(journey)
    expect(ticket.status).toBe(303)
    expect(ada.cookies.get(gateway.host)!.get('__Host-einlass')).not.toBe(first)
    expect(await desk.house.sessions.find(first, gateway.host)).toMatchObject({ state: 'none' })
  })

  test('in another browser fails with a link to start again (login CSRF)', async () => {
    const ada = desk.browser()
    const away = locationOf(await ada.get('/sign-in'))
    const reply = await desk.browser().get(`/callback/corp${await provider.visit(away)}`)
    expect(reply.status).toBe(400)
    expect(String(reply.body)).toContain('This sign-in began in another browser')
    expect(String(reply.body)).toMatch(/href="\/sign-in(?:\?[^"]*)?"/)
    expect(cookiesOf(reply)).toEqual([])
  })

  test.each(['', '?', '?state=<script>alert(1)</script>&code=x', '?error=access_denied&error_description=<script>'])(
    'with %j is a page and no session, and repeats nothing of it',
    async (query) => {
      const reply = await desk.browser().get(`/callback/corp${query}`)
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(reply.status).toBeLessThan(500)
      expect(cookiesOf(reply)).toEqual([])
      elementsOf(String(reply.body))
      expect(String(reply.body)).not.toMatch(/alert|error_description|access_denied/)
    },
  )

  test('of an unknown provider is an error page without a session', async () => {
    const reply = await desk.browser().get('/callback/nobody?state=x&code=y')
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(cookiesOf(reply)).toEqual([])
  })

  test('reports an unreachable provider', async () => {
    await provider.pause()
    const reply = await desk.browser().get('/sign-in')
    expect(reply.status).toBe(503)
    expect(headersOf(reply).get('retry-after')).toBe('30')
    expect(String(reply.body)).toContain('Your sign-in service is not responding')
    await provider.resume()
  })
})

describe('the handoff ticket', () => {
  test('is valid once', async () => {
    const ada = desk.browser()
    const ticket = locationOf(await ada.signIn(await journeyTo(desk, ada, '/')))
    expect((await ada.get(ticket)).status).toBe(303)
    // With the session that it opened nothing more happens; without it is refused.
    const onward = await ada.get(ticket)
    expect([onward.status, locationOf(onward), cookiesOf(onward)]).toEqual([303, `${app.origin}/`, []])
    ada.cookies.get(app.host)!.clear()
    const again = await ada.get(ticket)
    expect(again.status).toBe(400)
    expect(cookiesOf(again)).toEqual([])
    expect(String(again.body)).toContain(`href="${app.origin}/"`)
    expect(String(again.body)).not.toContain('http-equiv="refresh"')
  })

  test('of another browser is refused', async () => {
    const mallory = desk.browser()
    const ticket = locationOf(await mallory.signIn(await journeyTo(desk, mallory, '/')))
    const reply = await desk.browser().get(ticket)
    expect(reply.status).toBe(400)
    expect(cookiesOf(reply)).toEqual([])
  })

  test.each(['', '?ticket=', '?ticket=a&ticket=b', '?ticket=<b>'])('with %j is refused', async (query) => {
    expect((await desk.browser().get(`${app.origin}/.einlass/arrive${query}`)).status).toBe(400)
  })
})

describe('choosing a provider', () => {
  let two: Desk
  beforeEach(() => {
    two = withTwoProviders()
  })
  afterEach(() => two.house.stop())

  test('is offered when there are several, with the app title', async () => {
    const ada = two.browser()
    const journey = await journeyTo(two, ada, '/')
    const body = String((await ada.get(`/sign-in?journey=${journey}`)).body)
    expect(body).toContain('Wiki')
    const choice = /href="\/sign-in\?journey=([^"&]+)&amp;provider=partners"/.exec(body)![1]!
    expect(two.house.signIn.returnContexts.open(choice)).toEqual(two.house.signIn.returnContexts.open(journey))
    expect(body).toContain('Partners &amp; Co')
  })

  test('that is unknown shows the choice again', async () => {
    expect((await two.browser().get('/sign-in?provider=evil')).status).toBe(200)
  })

  test('by e-mail continues outside the form, with the address as login_hint', async () => {
    const ada = two.browser()
    const reply = await ada.post('/sign-in', { email: ' eve@Partner.example ' })
    expect(reply.status).toBe(200)
    const location = onwardOf(reply)
    expect(location).toContain(`${provider.issuer}/authorize`)
    expect(location).toContain('login_hint=eve%40Partner.example')
    expect(cookiesOf(reply)[0]).toMatch(/^__Host-einlass-signin-/)
  })

  test.each(['someone@elsewhere.example', '', 'x', '"><script>alert(1)</script>@x', 'a'.repeat(4000)])(
    'by e-mail address %.40j reports that no provider has its domain',
    async (email) => {
      const reply = await two.browser().post('/sign-in', { email })
      expect(reply.status).toBe(422)
      expect(String(reply.body)).toContain('aria-invalid="true"')
      expect(elementsOf(String(reply.body)).some(({ name }) => name === 'script')).toBe(false)
    },
  )

  test.each([{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'none' }])(
    'by a cross-site form (%j) starts nothing',
    async (headers) => {
      const reply = await two.browser().post('/sign-in', { email: 'ada@example.com' }, headers)
      expect(reply.status).toBe(403)
      expect(cookiesOf(reply)).toEqual([])
    },
  )
})
