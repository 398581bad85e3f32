// What the sign-in pages ask of a provider: the level an application requires at once, nothing it cannot answer, and the account again after a sign-out.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { settingsOf } from '../../identity/sign-in-environment.ts'
import { gateway, journeyTo, locationOf, openDesk, type Desk } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk

beforeEach(async () => {
  provider = await startProviderUnderTest()
  const declaration = { name: 'wiki', mode: 'enforce', require: { mfa: true }, rules: [], lease: 60_000 } as const
  desk = openDesk(provider, [], { declaration })
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

test('a first sign-in on the way to an application with MFA asks for it, and one that does not get it still signs in', async () => {
  const ada = desk.browser()
  const journey = await journeyTo(desk, ada, '/')
  const away = new URL(locationOf(await ada.get(`/sign-in?journey=${journey}`)))
  expect(away.searchParams.get('acr_values')).toBe('urn:two')
  const back = await ada.get(`/callback/corp${await provider.visit(away.href)}`)
  expect(locationOf(back)).toContain('/.einlass/arrive?ticket=')
  const portal = new URL(locationOf(await desk.browser().get('/sign-in')))
  expect(portal.searchParams.get('acr_values')).toBeNull()
})

test('a step-up that nothing can be asked for with ends on a page that says so, without a visit to the provider', async () => {
  const stepUp = { acrValues: [], essential: false, prompt: undefined, maxAge: undefined }
  desk.house.providers.update(new Map([['corp', settingsOf(provider, { stepUp })]]))
  const ada = desk.browser()
  await ada.signIn()
  const visits = provider.hits.get('/authorize')
  const journey = await journeyTo(desk, ada, '/', { stepUp: { level: 'mfa', maxAge: undefined } })
  const page = await ada.get(`/sign-in?journey=${journey}`)
  expect(page.status).toBe(403)
  expect(String(page.body)).toContain('A second factor cannot be asked for')
  expect(provider.hits.get('/authorize')).toBe(visits)
})

test('after a sign-out at a provider without a logout endpoint, the next sign-in lets the account be chosen', async () => {
  provider.deviation.metadata = (right) => ({ ...right, end_session_endpoint: undefined })
  const ada = desk.browser()
  await ada.signIn()
  await ada.post('/sign-out')
  await ada.get('/signed-out')
  expect(ada.cookies.get(gateway.host)!.has('__Host-einlass-choose')).toBe(true)
  const first = new URL(locationOf(await ada.get('/sign-in')))
  expect(first.searchParams.get('prompt')).toBe('select_account')
  expect(ada.cookies.get(gateway.host)!.has('__Host-einlass-choose')).toBe(false)
  const second = new URL(locationOf(await ada.get('/sign-in')))
  expect(second.searchParams.get('prompt')).toBeNull()
})

test('a refused scope is a page for whoever sets this up, and a forged refusal changes no request', async () => {
  provider.deviation.callback = (back) => {
    back.delete('code')
    back.set('error', 'invalid_scope')
  }
  const ada = desk.browser()
  const scope = async () => new URL(locationOf(await ada.get('/sign-in'))).searchParams.get('scope')
  const before = await scope()
  const page = await ada.get(`/callback/corp${await provider.visit(locationOf(await ada.get('/sign-in')))}`)
  expect(page.status).toBe(400)
  expect(String(page.body)).toContain('Your sign-in service does not permit this request')
  expect(await scope()).toBe(before)
})
