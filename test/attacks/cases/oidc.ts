// Attack class OIDC: a provider with exactly one deviation gives no session, and the failure is recorded.

import { createHmac, randomBytes } from 'node:crypto'
import { brotliCompressSync } from 'node:zlib'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { encode, type Deviation, type Json } from '../../support/provider-under-test.ts'
import { hasSession, untilCallback, walk } from '../browser-steps.ts'
import { must, type AttackSuite, type Check } from '../case.ts'
import type { Environment } from '../environment.ts'

const seconds = (): number => Math.floor(Date.now() / 1000)
const claim = (change: Json): Deviation => ({ claims: (claims) => ({ ...claims, ...change }) })
const signature = (text: string): Deviation => ({ idToken: (right) => right.replace(/[^.]+$/, text) })

/** Each name covers variants of one deviation. */
const deviations: Readonly<Record<string, (ground: Environment) => readonly Deviation[]>> = {
  'no nonce': () => [claim({ nonce: undefined })],
  'another nonce': () => [claim({ nonce: 'A'.repeat(43) }), claim({ nonce: '' }), claim({ nonce: ['a'] })],
  'a token that says nonces do not count': () => [claim({ nonce: 'other', nonce_supported: false })],
  'no signature, or a worthless one': () => [signature(''), signature('AAAA'), signature('A'.repeat(86))],
  'a MAC keyed with the client secret': ({ provider }) =>
    ['HS256', 'HS512'].map((alg) => ({
      idToken(_right: string, claims: Json) {
        const input = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`
        return `${input}.${createHmac(alg.replace('HS', 'sha'), provider.clientSecret).update(input).digest('base64url')}`
      },
    })),
  'an algorithm that is none': () =>
    ['none', 'None', ''].map((alg) => ({
      idToken: (_right: string, claims: Json) => `${encode({ alg })}.${encode(claims)}.`,
    })),
  'a key the token brings along': ({ provider }) =>
    ['jwk', 'jku', 'x5u', 'x5c'].map((by) => ({
      async idToken(_right: string, claims: Json) {
        const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
        const jwk = { ...(await exportJWK(publicKey)), kid: 'mine', alg: 'ES256' }
        const url = `${provider.issuer}/evil`
        const extra = { jwk, jku: url, x5u: url, x5c: ['AAAA'] }[by]
        const header = { alg: 'ES256', kid: 'mine', [by]: extra }
        return new SignJWT(claims).setProtectedHeader(header as never).sign(privateKey)
      },
    })),
  'an unknown critical header parameter': () => [{ header: (header) => ({ ...header, crit: ['x'], x: 1 }) }],
  'another issuer': ({ provider }) =>
    ['https://evil.test', `${provider.issuer}/`, provider.issuer.toUpperCase(), undefined].map((iss) => claim({ iss })),
  'another audience': () => ['other', ['a', 'b'], undefined, {}, 'Einlass', '', []].map((aud) => claim({ aud })),
  'another authorized party': () => [
    claim({ aud: ['einlass', 'other'] }),
    claim({ aud: ['einlass', 'other'], azp: 'other' }),
    claim({ azp: 'other' }),
  ],
  'an end that is over, or none': () => [seconds() - 600, undefined, '9999999999', -5].map((exp) => claim({ exp })),
  'issued tomorrow': () => [claim({ iat: seconds() + 86_400 })],
  'issued a month ago': () => [claim({ iat: seconds() - 2_592_000 }), claim({ iat: undefined })],
  'signed in two hours from now': () => [claim({ auth_time: seconds() + 7200 })],
  'a subject that is none': () => ['', undefined, 'x'.repeat(5000), 12, null, {}].map((sub) => claim({ sub })),
  'another issuer in the redirect, or none': () => [
    { callback: (parameters) => parameters.set('iss', 'https://evil.test') },
    { callback: (parameters) => parameters.delete('iss') },
    { callback: (parameters) => parameters.append('iss', 'https://evil.test') },
  ],
  'no ID token': () => [
    { tokens: ({ id_token: _gone, ...answer }) => answer },
    { tokens: (answer) => ({ ...answer, id_token: {} }) },
  ],
  'a token of a megabyte': () => [
    claim({ filler: 'x'.repeat(300_000) }),
    { tokens: (answer) => ({ ...answer, filler: 'x'.repeat(1_200_000) }) },
    { tokens: () => JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown },
  ],
  'an encrypted token': () =>
    ['dir', 'RSA-OAEP-256', 'PBES2-HS256+A128KW'].map((alg) => ({
      idToken: () =>
        `${encode({ alg, enc: 'A256GCM', p2c: 2 ** 31, p2s: 'AAAAAAAAAAA', zip: 'DEF' })}.AAAA.AAAA.AAAA.AAAA`,
    })),
  'an answer packed with Brotli': () =>
    [brotliCompressSync('{}'), brotliCompressSync('{}').subarray(0, 3)].map((body) => ({
      reply(path, response) {
        if (path !== '/token') return false
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'br' }).end(body)
        return true
      },
    })),
}

export const oidc: AttackSuite = {
  class: 'oidc',
  checks: [
    // First, since later checks have the provider sign with unknown keys, which uses up its own budget of rereads.
    {
      name: 'logout tokens with made-up keys, then a new key at the provider',
      async run(ground) {
        const before = ground.provider.hits.get('/jwks') ?? 0
        const stranger = ground.person()
        for (let count = 0; count < 60; count++) {
          const kid = randomBytes(6).toString('hex')
          const body = String(
            new URLSearchParams({ logout_token: await ground.provider.logoutToken((claims) => claims, { kid }) }),
          )
          const url = `${ground.origin('access')}/backchannel-logout/corp`
          const { status } = await stranger.ask(url, ground.port, { method: 'POST', body })
          must(status === 400 || status === 503, '400 or 503', status)
        }
        stranger.close()
        const asked = (ground.provider.hits.get('/jwks') ?? 0) - before
        must(asked <= 6, 'the key set to be fetched a few times', asked)
        for (let round = 0; round < 2; round++) {
          await ground.provider.rotateKey()
          const person = ground.person()
          await walk(ground, person, `${ground.origin('erp')}/`)
          must(hasSession(ground, person), 'to sign in with the new key', 'no session')
          person.close()
        }
        return `the key set was read ${asked} times`
      },
    },
    ...Object.entries(deviations).map(([name, spellings]): Check => ({
      name: `a provider with ${name}`,
      async run(ground) {
        for (const deviation of spellings(ground)) await failsOnce(ground, deviation)
      },
    })),
    {
      name: 'the same callback twice',
      async run(ground) {
        const person = ground.person()
        const back = await untilCallback(ground, person, `${ground.origin('erp')}/`)
        await walk(ground, person, back.href)
        must(hasSession(ground, person), 'the first to sign in', 'it did not')
        const before = ground.provider.tokenRequests.length
        const again = await person.ask(back.href, ground.port, { page: true })
        // The browser has a session by now, and goes on with it.
        must(again.headers.location === '/' && again.headers['set-cookie'] === undefined, 'the portal', again.headers)
        person.jar.clear()
        const alone = await person.ask(back.href, ground.port, { page: true })
        must(alone.status >= 400 && alone.headers['set-cookie'] === undefined, 'a refusal', alone.status)
        must(ground.provider.tokenRequests.length === before, 'no token request', 'one')
        person.close()
      },
    },
    {
      name: 'two sign-ins in two tabs, finished in reverse order',
      async run(ground) {
        const person = ground.person()
        const first = await untilCallback(ground, person, `${ground.origin('erp')}/one`)
        const second = await untilCallback(ground, person, `${ground.origin('vault')}/two`)
        await walk(ground, person, second.href, (url) => url.pathname === '/two')
        const { hops } = await walk(ground, person, first.href)
        must(hops.at(-1)?.url.href === `${ground.origin('erp')}/one`, 'its own target', hops.at(-1)?.url.href)
        must(hops.at(-1)?.answer.status === 200, '200', hops.at(-1)?.answer.status)
        person.close()
      },
    },
    {
      name: 'the code, or the whole callback, of another user',
      async run(ground) {
        const [attacker, victim] = [ground.person(), ground.person()]
        const theirs = await untilCallback(ground, attacker, `${ground.origin('erp')}/`)
        const own = await untilCallback(ground, victim, `${ground.origin('erp')}/`)
        const whole = await victim.ask(theirs.href, ground.port, { page: true })
        must(
          whole.status >= 400 && !hasSession(ground, victim),
          'no session from another browser’s callback',
          whole.status,
        )
        const mixed = new URL(own)
        mixed.searchParams.set('code', theirs.searchParams.get('code')!)
        const injected = await victim.ask(mixed.href, ground.port, { page: true })
        must(injected.status >= 400 && !hasSession(ground, victim), 'no session from another’s code', injected.status)
        for (const person of [attacker, victim]) person.close()
      },
    },
    {
      name: 'a callback that was tampered with',
      async run(ground) {
        // Failures that would say: the provider is at fault.
        const failures = async (): Promise<number> =>
          (await ground.node.audit()).filter(({ status_detail: code }) => /^(?:token_|provider_un)/.test(code ?? ''))
            .length
        const [before, tokens] = [await failures(), ground.provider.tokenRequests.length]
        const changes: Readonly<Record<string, (url: URL) => void>> = {
          'code twice': (url) => url.searchParams.append('code', 'x'),
          'state twice': (url) => url.searchParams.append('state', 'x'),
          'no code': (url) => url.searchParams.delete('code'),
          'no state': (url) => url.searchParams.delete('state'),
          'a long state': (url) => url.searchParams.set('state', 'A'.repeat(5000)),
          'a long query': (url) => url.searchParams.set('x', 'A'.repeat(20_000)),
          'an error': (url) => url.searchParams.set('error', 'server_error'),
          'an outage': (url) => url.searchParams.set('error', 'temporarily_unavailable'),
          'an error that is none': (url) => url.searchParams.set('error', '<script>'),
          'another issuer': (url) => url.searchParams.set('iss', 'https://evil.test'),
          'no issuer': (url) => url.searchParams.delete('iss'),
          'another provider': (url) => (url.pathname = '/callback/nobody'),
        }
        for (const [name, change] of Object.entries(changes)) {
          const person = ground.person()
          const back = await untilCallback(ground, person, `${ground.origin('erp')}/deep`)
          change(back)
          const answer = await person.ask(back.href, ground.port, { page: true })
          must(answer.status === 400, `400 for ${name}`, answer.status)
          const again = /href="(\/sign-in[^"]*)"/.exec(answer.body)?.[1]
          must(again !== undefined, `a link to start again for ${name}`, answer.body)
          const { hops } = await walk(ground, person, `${ground.origin('access')}${again.replaceAll('&amp;', '&')}`)
          must(
            hops.at(-1)?.answer.status === 200 && hasSession(ground, person),
            'one click to sign in',
            hops.at(-1)?.url,
          )
          person.close()
        }
        must((await failures()) === before, 'no failure of the provider recorded', await failures())
        const asked = ground.provider.tokenRequests.length - tokens
        must(asked === Object.keys(changes).length, 'a token request for each honest sign-in only', asked)
      },
    },
    {
      name: 'a pending sign-in carried to another browser, app or name',
      async run(ground) {
        const [attacker, victim] = [ground.person(), ground.person()]
        const theirs = await untilCallback(ground, attacker, `${ground.origin('erp')}/`)
        const own = await untilCallback(ground, victim, `${ground.origin('wiki')}/`)
        // The link of the attacker's own journey: its page is in the attacker's browser, so it arrives nowhere.
        const start = await attacker.ask(`${ground.origin('vault')}/x`, ground.port, { page: true })
        const { hops } = await walk(ground, victim, start.headers.location!)
        must(hops.at(-1)?.answer.status === 400, 'no arrival at the attacker’s page', hops.at(-1)?.url.href)
        // The victim's cookie does not open the attacker's state.
        const state = theirs.searchParams.get('state')!
        const mixed = new URL(own)
        mixed.searchParams.set('state', state)
        const answer = await victim.ask(mixed.href, ground.port, { page: true })
        must(
          answer.headers.location === '/' && answer.headers['set-cookie'] === undefined,
          'the victim’s own session, at the portal',
          answer.headers,
        )
        victim.jar.clear()
        const alone = await victim.ask(mixed.href, ground.port, { page: true })
        must(alone.status === 400 && !hasSession(ground, victim), '400', alone.status)
        for (const person of [attacker, victim]) person.close()
      },
    },
    {
      name: 'callbacks with an unknown state',
      async run(ground) {
        const before = ground.provider.tokenRequests.length
        // Not Ada: connections left open would count against her address for the rest of the run.
        const person = ground.person()
        const ask = async (): Promise<void> => {
          const query = new URLSearchParams({
            code: randomBytes(20).toString('hex'),
            state: randomBytes(32).toString('base64url'),
            iss: ground.provider.issuer,
          })
          const answer = await person.ask(`${ground.origin('access')}/callback/corp?${query}`, ground.port)
          must(answer.status >= 400 && answer.status < 500, '4xx', answer.status)
          must(answer.headers['set-cookie'] === undefined, 'no cookie', answer.headers['set-cookie'])
        }
        for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 20 }, ask))
        person.close()
        must(ground.provider.tokenRequests.length === before, 'no token request', 'some')
      },
    },
    {
      name: 'a flood of unknown key ids',
      async run(ground) {
        const before = ground.provider.hits.get('/jwks') ?? 0
        for (let count = 0; count < 3; count++) {
          const kid = randomBytes(6).toString('hex')
          await failsOnce(ground, { header: (header) => ({ ...header, kid }) })
        }
        const asked = (ground.provider.hits.get('/jwks') ?? 0) - before
        // Five at once and one every 12 s, beside the routine reading.
        must(asked <= 8, 'the key set to be fetched a few times a minute', asked)
      },
    },
    {
      name: 'redirect_uri is the configured one, whatever the request says',
      async run(ground) {
        const names = ['X-Forwarded-Host', 'X-Host', 'Forwarded', 'X-Forwarded-Proto', 'X-Original-Host']
        for (const name of names) {
          const person = ground.person()
          const headers = { [name]: name === 'X-Forwarded-Proto' ? 'http' : 'evil.test' }
          const asked = { page: true, headers }
          const first = await person.ask(
            `${ground.origin('access')}/sign-in?redirect_uri=https://evil.test`,
            ground.port,
            asked,
          )
          const uri = new URL(first.headers.location ?? 'x:').searchParams.get('redirect_uri')
          must(uri === `${ground.origin('access')}/callback/corp`, 'the configured address', uri)
          person.close()
        }
      },
    },
    {
      name: 'a sign-in that never expires at the provider',
      async run(ground) {
        ground.provider.deviation = claim({ exp: 1e300, sub: 'endless' })
        const person = ground.person()
        await person.signIn(`${ground.origin('erp')}/`, ground.port)
        ground.provider.deviation = {}
        const { value } = await ground.node.admin('GET', '/sessions')
        const endless = (value as { subject: { sub: string }; createdAt: number; endsAt: number }[]).find(
          ({ subject }) => subject.sub === 'endless',
        )
        must(endless !== undefined && endless.endsAt - endless.createdAt <= 36_000_000, 'an end in ten hours', endless)
        person.close()
      },
    },
  ],
}

/** With the deviation sign-in fails, is recorded and leaves no state; without it, it succeeds in the same browser. */
export async function failsOnce(ground: Environment, deviation: Deviation, app = 'erp'): Promise<void> {
  const person = ground.person()
  const since = Date.now()
  try {
    ground.provider.deviation = deviation
    const seen = await person.signIn(`${ground.origin(app)}/`, ground.port)
    must(seen.status >= 400, 'a page that says it failed', `${seen.status} ${seen.url.href}`)
    must(!hasSession(ground, person), 'no session', person.jar.names(new URL(ground.origin(app)).hostname))
    await ground.node.event((line) => line.class_uid === 3002 && line['status_id'] === 2 && line.time >= since)
    ground.provider.deviation = {}
    await person.signIn(`${ground.origin(app)}/`, ground.port)
    must(hasSession(ground, person), 'to sign in without the deviation', 'no session')
  } finally {
    ground.provider.deviation = {}
    person.close()
  }
}
