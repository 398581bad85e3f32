import { describe, expect, test } from 'vitest'
import { challenge, type ChallengedDecision } from '../../../src/web/errors/challenge.ts'
import type { Decision, Remedy } from '../../../src/policy/decision.ts'
import { reasonCodes, type ReasonCode } from '../../../src/policy/reasons.ts'
import {
  badRequest,
  internalServerError,
  unknownHost,
  upstreamUnavailable,
} from '../../../src/web/errors/error-pages.ts'
import { decision, now, pageRequest, session } from '../page-fixtures.ts'
import { cookiesOf, headersOf } from '../reply-headers.ts'

const signIn = 'https://access.example.com/sign-in?journey=abc'
const page = pageRequest({ host: 'wiki.example.com' })
const script = pageRequest({ host: 'wiki.example.com', navigation: false })
const stepUp: Remedy = { kind: 'step_up', level: 'mfa', maxAge: 43_200_500 }

function refused(
  effect: Decision['effect'],
  remedy: Remedy | undefined,
  codes: readonly ReasonCode[],
  changes: Partial<ChallengedDecision> = {},
): ChallengedDecision {
  return {
    decision: decision({ effect, remedy, codes }),
    app: { title: 'The wiki', origin: 'https://wiki.example.com', owner: 'it@example.com' },
    viewer: session().subject,
    gateway: 'https://access.example.com',
    signIn,
    again: 'https://wiki.example.com/page/7',
    timeZone: 'Europe/Berlin',
    now,
    acrValues: ['urn:two', 'a"b'],
    cookies: ['__Host-einlass-nonce=x; Path=/'],
    ...changes,
  }
}
const signedOut = (changes: Partial<ChallengedDecision> = {}): ChallengedDecision =>
  refused('challenge', { kind: 'sign_in', provider: undefined }, ['no_session'], { viewer: undefined, ...changes })

describe('without a session', () => {
  test.each(['GET', 'HEAD'])('a page navigation by %s is redirected to sign-in', (method) => {
    const reply = challenge(page, method, signedOut())
    expect(reply.status).toBe(302)
    expect(headersOf(reply).get('location')).toBe(signIn)
    expect(headersOf(reply).get('cache-control')).toBe('no-store')
    expect(cookiesOf(reply)).toEqual(['__Host-einlass-nonce=x; Path=/'])
  })

  test.each([
    ['no_session', 'You are not signed in'],
    ['session_expired', 'Your session has ended'],
    ['session_idle', 'Your session has ended'],
    ['session_revoked', 'Your session has ended'],
  ] as const)('a form post (%s) gets a page that says how the browser sends it again', (code, heading) => {
    const remedy = { kind: 'sign_in', provider: undefined } as const
    const reply = challenge(
      page,
      'POST',
      signedOut({ decision: decision({ effect: 'challenge', remedy, codes: [code] }) }),
    )
    expect(reply.status).toBe(401)
    expect(headersOf(reply).get('www-authenticate')).toBe(`Einlass sign_in="${signIn}"`)
    const body = String(reply.body)
    expect(body).toContain(heading)
    expect(body).toContain('reload this page')
    expect(body).toMatch(/href="https:\/\/access\.example\.com\/sign-in\?journey=abc"\s+target="_blank" rel="noopener"/)
  })

  test('a frame of another website gets a link that opens the page in a tab, and begins no sign-in', () => {
    const frame = { embedders: ['https://wiki.example.com', 'https://elsewhere.example.net'], otherSite: true }
    const reply = challenge({ ...page, frame }, 'GET', signedOut())
    expect(reply.status).toBe(401)
    expect(headersOf(reply).has('location')).toBe(false)
    expect(headersOf(reply).get('content-security-policy')).toContain(
      'frame-ancestors https://wiki.example.com https://elsewhere.example.net;',
    )
    expect(headersOf(reply).has('x-frame-options')).toBe(false)
    expect(String(reply.body)).toMatch(/target="_blank" rel="noopener"/)
  })

  test('a script gets problem details (RFC 9457) with the sign-in URL', () => {
    const reply = challenge(script, 'GET', signedOut())
    expect(reply.status).toBe(401)
    expect(headersOf(reply).get('content-type')).toBe('application/problem+json')
    expect(headersOf(reply).get('www-authenticate')).toBe(`Einlass sign_in="${signIn}"`)
    expect(headersOf(reply).has('location')).toBe(false)
    const body = JSON.parse(String(reply.body))
    expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'detail', 'request_id', 'reasons', 'sign_in'])
    expect(body).toMatchObject({
      type: 'urn:einlass:problem:no_session',
      status: 401,
      request_id: script.id,
      reasons: [{ code: 'no_session', remedy: 'sign_in' }],
      sign_in: signIn,
    })
    expect(body.reasons[0].message).toBe(body.detail)
  })
})

describe('a step-up', () => {
  test('redirects a page navigation', () => {
    expect(challenge(page, 'GET', refused('challenge', stepUp, ['mfa_too_old'])).status).toBe(302)
  })

  test('is an RFC 9470 challenge for a script, max_age in seconds, without unquotable values', () => {
    const reply = challenge(script, 'GET', refused('challenge', stepUp, ['mfa_too_old']))
    expect(reply.status).toBe(401)
    expect(headersOf(reply).get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", error_description="A stronger sign-in is required", acr_values="urn:two", max_age=43200',
    )
  })

  test('omits acr_values and max_age when there are none', () => {
    const remedy: Remedy = { kind: 'step_up', level: 'mfa', maxAge: undefined }
    const reply = challenge(script, 'GET', refused('challenge', remedy, ['mfa_required'], { acrValues: [] }))
    expect(headersOf(reply).get('www-authenticate')).not.toMatch(/acr_values|max_age/)
  })

  test('answers a form post with a page that links to the step-up', () => {
    const reply = challenge(page, 'POST', refused('challenge', stepUp, ['mfa_required']))
    expect(reply.status).toBe(403)
    expect(String(reply.body)).toContain('The data you just sent did not reach the application')
    expect(String(reply.body)).toContain('Confirm your identity')
  })
})

test('a signed-in user never enters a redirect loop', () => {
  const again = refused('challenge', { kind: 'sign_in', provider: undefined }, ['provider_not_allowed'])
  const reply = challenge(page, 'GET', again)
  expect(reply.status).toBe(403)
  expect(headersOf(reply).has('location')).toBe(false)
  expect(String(reply.body)).toContain('href="https://wiki.example.com/.einlass/sign-out"')
  const other = refused('challenge', { kind: 'sign_in', provider: 'partners' }, ['provider_not_allowed'])
  expect(challenge(page, 'GET', other).status).toBe(302)
})

const wikiApp = { title: 'The wiki', origin: 'https://wiki.example.com' }

describe('a denial', () => {
  test.each(reasonCodes)('for %s never redirects and has no WWW-Authenticate', (code) => {
    for (const asker of [page, script]) {
      const reply = challenge(asker, 'GET', refused('deny', undefined, [code]))
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(reply.status).not.toBe(401)
      expect(headersOf(reply).has('location')).toBe(false)
      expect(headersOf(reply).has('www-authenticate')).toBe(false)
      expect(String(reply.body)).not.toContain(signIn)
    }
  })

  test('has the same reasons on the page and in the problem details', () => {
    const denial = refused('deny', { kind: 'ask_owner' }, ['not_in_group'])
    const [human, program] = [challenge(page, 'GET', denial), challenge(script, 'GET', denial)]
    expect([human.status, program.status]).toEqual([403, 403])
    const { detail, title } = JSON.parse(String(program.body))
    expect(detail).toContain('The wiki')
    expect(String(human.body)).toContain(detail)
    expect(String(human.body)).toContain(title)
  })

  test('links to a mail to the owner with reasons and request id', () => {
    const body = String(challenge(page, 'GET', refused('deny', { kind: 'ask_owner' }, ['not_in_group'])).body)
    const mail = new URL(/href="(mailto:[^"]*)"/.exec(body)![1]!.replaceAll('&amp;', '&'))
    expect(mail.pathname).toBe('it@example.com')
    expect(mail.searchParams.get('subject')).toBe('Access to The wiki')
    expect(mail.searchParams.get('body')).toContain(page.id)
    expect(mail.searchParams.get('body')).toContain('You are not in a group')
  })

  test('an owner address cannot inject mail headers', () => {
    const app = { title: 'W', origin: 'https://wiki.example.com', owner: 'a@b.c?bcc=evil@example.com&x=' }
    const body = String(challenge(page, 'GET', refused('deny', undefined, ['not_in_group'], { app })).body)
    expect(body).not.toContain('mailto:')
    expect(body).toContain('a@b.c?bcc=evil@example.com&amp;x=')
  })

  test('shows the owner as text, with a button only where it is an address', () => {
    const of = (owner: string): string =>
      String(
        challenge(page, 'GET', refused('deny', { kind: 'ask_owner' }, ['not_in_group'], { app: { ...wikiApp, owner } }))
          .body,
      )
    expect(of('it@example.com')).toMatch(/<bdi>it@example\.com<\/bdi>/)
    expect(of('Help desk, building 4')).toContain('<bdi>Help desk, building 4</bdi>')
    expect(of('Help desk, building 4')).not.toContain('mailto:')
  })

  test('that is temporary has Retry-After', () => {
    const reply = challenge(script, 'GET', refused('deny', { kind: 'wait', until: now + 90_000 }, ['outside_schedule']))
    expect(headersOf(reply).get('retry-after')).toBe('90')
    const people = challenge(
      page,
      'GET',
      refused('deny', { kind: 'wait', until: now + 64_800_000 }, ['outside_schedule']),
    )
    expect(String(people.body)).toContain('tomorrow 08:00 CET')
  })

  test('covers a challenge that sign-in cannot satisfy', () => {
    const reply = challenge(page, 'GET', refused('challenge', { kind: 'request_access' }, ['grant_required']))
    expect(reply.status).toBe(403)
  })
})

describe('error pages', () => {
  test.each([
    ['an unknown host', () => unknownHost(script), 404, 'host_unknown'],
    ['another host than the connection was made for', () => unknownHost(script, 421), 421, 'host_unknown'],
    ['a malformed request', () => badRequest(script), 400, 'bad_request'],
    ['an unforeseen error', () => internalServerError(script), 500, 'incident'],
    [
      'an app that is down',
      () => upstreamUnavailable(script, 502, { title: 'W', owner: undefined }, undefined),
      502,
      'bad_gateway',
    ],
    [
      'an app that is slow',
      () => upstreamUnavailable(script, 504, { title: 'W', owner: undefined }, undefined),
      504,
      'gateway_timeout',
    ],
  ] as const)('%s is a problem document for programs', (_name, answer, status, code) => {
    const reply = answer()
    expect(reply.status).toBe(status)
    expect(headersOf(reply).get('content-type')).toBe('application/problem+json')
    expect(headersOf(reply).get('cache-control')).toBe('no-store')
    expect(JSON.parse(String(reply.body))).toMatchObject({
      type: `urn:einlass:problem:${code}`,
      status,
      request_id: script.id,
    })
  })

  test('problem details honour Accept-Language', () => {
    const reply = internalServerError(pageRequest({ navigation: false, headers: { 'accept-language': 'de' } }))
    expect(headersOf(reply).get('content-language')).toBe('de')
    expect(JSON.parse(String(reply.body)).title).toBe('Bei uns ist etwas schiefgegangen')
  })
})
