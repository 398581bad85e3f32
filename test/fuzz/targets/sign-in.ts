// Fuzz target sign-in: handoff tickets and logout tokens that are not exactly valid, at the right endpoint, once, have no effect.

import { generateKeyPair, type CryptoKey } from 'jose'
import fc from 'fast-check'
import { encode, startProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  app,
  browserCookies,
  createSignInEnvironment,
  settingsOf,
  signedIn,
} from '../../identity/sign-in-environment.ts'
import { mutate, salt } from '../mutate.ts'
import { isSameToken } from '../jwt-equality.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

type Json = Record<string, unknown>

const visits = fc.record({
  host: fc.oneof(
    { weight: 4, arbitrary: fc.constant(app.host) },
    { weight: 1, arbitrary: mutate([app.host, 'access.example.com'], salt, 2) },
  ),
  ticket: fc.array(fc.record({ at: fc.nat(42), what: fc.constantFrom(...salt, 'A', '-', '') }), { maxLength: 2 }),
  nonce: fc.oneof(
    { weight: 3, arbitrary: fc.constant('right') },
    { weight: 1, arbitrary: fc.constantFrom('none', 'other', 'empty') },
  ),
  target: mutate(
    ['/page/7?x=1', '//evil.example/', '/\\evil.example/', '/a/../b', '/'],
    ['/', '//', '\\', '.', '?', '@', 'evil.example'],
    3,
  ),
  twice: fc.boolean(),
})

export const tickets: FuzzTarget = {
  name: 'ticket',
  law: 'redeemed once, there, by that browser, and leads to that host; never throws',
  weight: 1,
  async open() {
    const provider = await startProviderUnderTest()
    const house = createSignInEnvironment([settingsOf(provider)])
    const session = signedIn(await house.enter(provider.visit))
    return opened(
      visits,
      async ({ host, ticket: edits, nonce, target, twice }) => {
        const depart = {
          origin: app.origin,
          host: app.host,
          target,
          app: 'wiki',
          stepUp: undefined,
          provider: undefined,
        }
        const left = house.signIn.returnContexts.create(depart, undefined)
        const context = house.signIn.returnContexts.open(left.journey)!
        const right = new URL(await house.signIn.ticket(session, context)).searchParams.get('ticket')!
        const given = edits.reduce((text, { at, what }) => text.slice(0, at) + what + text.slice(at + 1), right)
        const own = browserCookies(left.cookies)
        const other = browserCookies(house.signIn.returnContexts.create(depart, undefined).cookies)
        const shown = { right: own, none: undefined, other, empty: '' }[nonce]
        const arrived = await house.signIn.redeemTicket({ ticket: given, host, cookies: shown })
        const exact = given === right && host === app.host && nonce === 'right'
        must(
          (arrived.state === 'arrived') === exact,
          exact ? 'the right one arrives' : 'anything else is refused',
          arrived,
        )
        if (arrived.state === 'arrived') {
          must(/^[A-Za-z0-9_-]{43}$/.test(arrived.cookie), 'a cookie of its own')
          must(new URL(app.origin + arrived.target).host === app.host, 'on that host', arrived.target)
          must(
            new URL(arrived.target, app.origin).host === app.host || arrived.target.startsWith('/\\'),
            'also as a path',
            arrived.target,
          )
        }
        if (twice || given === right)
          must(
            (await house.signIn.redeemTicket({ ticket: right, host: app.host, cookies: own })).state ===
              (given === right ? 'refused' : 'arrived'),
            'a ticket shown is spent',
          )
      },
      {
        async close() {
          await house.stop()
          await provider.stop()
        },
      },
    )
  },
}

const seconds = (): number => Math.floor(Date.now() / 1000)
const event = 'http://schemas.openid.net/event/backchannel-logout'
const oddities: readonly unknown[] = [
  null,
  true,
  0,
  '',
  'x',
  'person-1',
  'sid-1',
  'einlass',
  [],
  ['einlass'],
  ['einlass', 'other'],
  ['other'],
  {},
  { [event]: {} },
  { [event]: [] },
  { [event]: true },
  { other: {} },
  [event],
  '__proto__',
  1e300,
]
const relative = [-86_400, -3_600, -120, -1, 0, 1, 120, 3_600, 86_400]

const logouts = fc.record({
  changed: fc.array(
    fc.oneof(
      fc.tuple(
        fc.constantFrom('iss', 'aud', 'jti', 'events', 'sub', 'sid', 'nonce', 'iat', 'exp'),
        fc.constantFrom(...oddities, undefined),
      ),
      fc.tuple(
        fc.constantFrom('iat', 'exp', 'nbf'),
        fc.constantFrom(...relative).map((by) => ({ by })),
      ),
    ),
    { maxLength: 2 },
  ),
  header: fc.array(
    fc.tuple(
      fc.constantFrom('typ', 'kid', 'alg', 'crit'),
      fc.constantFrom<unknown>('JWT', 'logout+jwt', 'at+jwt', 'none', 'HS256', 'unknown', undefined, 1),
    ),
    { maxLength: 1 },
  ),
  signer: fc.constantFrom('right', 'right', 'right', 'stranger'),
  edits: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(600), fc.constantFrom(...salt, '.', 'e30')) },
  ),
  form: fc.oneof(
    { weight: 4, arbitrary: fc.constant('logout_token=') },
    { weight: 1, arbitrary: mutate(['logout_token='], [...salt, '&logout_token='], 2) },
  ),
})

export const logoutTokens: FuzzTarget = {
  name: 'logout-token',
  law: 'a session ends by a whole logout token of its provider, and by nothing else; never throws',
  weight: 1,
  async open() {
    const provider = await startProviderUnderTest()
    const house = createSignInEnvironment([settingsOf(provider)])
    const stranger = await generateKeyPair('ES256')
    let session = signedIn(await house.enter(provider.visit))
    return opened(
      logouts,
      async ({ changed, header, signer, edits, form }) => {
        if ((await house.sessions.read(session.id)).state !== 'live')
          session = signedIn(await house.enter(provider.visit))
        let claims: Json = {}
        const change = (right: Json): Json => {
          claims = { ...right }
          for (const [name, value] of changed) {
            if (value === undefined) delete claims[name]
            else
              claims[name] =
                typeof value === 'object' && value !== null && 'by' in value ? seconds() + Number(value.by) : value
          }
          return claims
        }
        const fields = Object.fromEntries(header)
        const key: CryptoKey | undefined = signer === 'right' ? undefined : stranger.privateKey
        const signed = await provider.logoutToken(change, fields, key).catch(() => undefined)
        // Tokens that jose refuses to sign get an invalid signature.
        const right = signed ?? `${encode({ alg: 'ES256', ...fields })}.${encode(claims)}.AAAA`
        const token = edits === undefined ? right : right.slice(0, edits[0]) + edits[1] + right.slice(edits[0])
        const { status } = await house.signIn.backchannelLogout('corp', form + encodeURIComponent(token.toWellFormed()))
        must(status === 200 || status === 400, 'done or refused', status)
        const found = await house.sessions.read(session.id)
        if (status === 400) return must(found.state === 'live', 'refused, so nothing ended', { claims, found })
        must(
          isSameToken(token, right) && signed !== undefined && signer === 'right' && form.includes('logout_token='),
          'a whole token of the provider',
          { signer, token },
        )
        must(
          claims.iss === provider.issuer &&
            [claims.aud].flat().includes(provider.clientId) &&
            claims.nonce === undefined,
          'for us, and a logout token',
          claims,
        )
        must(isObject(claims.events) && isObject((claims.events as Json)[event]), 'with the event', claims)
        must(
          typeof claims.jti === 'string' && claims.jti !== '' && (claims.sub !== undefined || claims.sid !== undefined),
          'with id and person',
          claims,
        )
        must(Number(claims.exp) > seconds() - 90 && Math.abs(Number(claims.iat) - seconds()) < 700, 'of now', claims)
        must(
          /^((application\/)?(logout\+)?jwt|undefined)$/i.test(
            String(header.find(([name]) => name === 'typ')?.[1] ?? 'logout+jwt'),
          ),
          'of its type',
          header,
        )
      },
      {
        async close() {
          await house.stop()
          await provider.stop()
        },
      },
    )
  },
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
