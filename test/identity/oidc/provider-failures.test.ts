// Failures of providers and sign-ins: each names its cause and mend in the log at once, in the audit and for `status`, without a flood.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createFailureLog } from '../../../src/identity/oidc/failure-log.ts'
import { mendOf, mends, unreachableMends } from '../../../src/identity/oidc/failure-mends.ts'
import type { SignInErrorCode } from '../../../src/identity/oidc/sign-in-error.ts'
import { failureWords } from '../../../src/web/sign-in/sign-in-failure-messages.ts'
import type { Deviation, ProviderUnderTest } from '../../support/provider-under-test.ts'
import { certificateFolder } from '../../support/certificates.ts'
import { freePort } from '../../support/redis.ts'
import {
  createSignInEnvironment,
  environmentAtProvider,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened)))

/** A sign-in at a provider of this issuer fails; returns the detail of the failure. */
async function failsAt(issuer: string, cause: keyof typeof unreachableMends): Promise<string> {
  const fresh = createSignInEnvironment([settingsOf(provider, { issuer })])
  onTestFinished(() => fresh.stop())
  const result = await fresh.enter(provider.visit)
  if (result.state !== 'failed') throw new Error('it worked')
  const { code, detail } = result.failure
  expect({ code, cause: detail.split(':')[0] }).toEqual({ code: 'provider_unreachable', cause })
  const mend = unreachableMends[cause]
  expect(fresh.logged).toMatchObject([
    { level: 'warn', msg: 'provider discovery failed', provider: 'corp', detail, mend },
    { level: 'warn', msg: 'sign-in failed', provider: 'corp', requestId: 'r1', code, detail, mend },
  ])
  expect(fresh.providers.get('corp')!.failures.last()).toMatchObject({ code, detail, mend })
  return detail
}

describe('a provider that cannot be discovered says why', () => {
  test('the name is not known', async () => {
    await failsAt('https://login.einlass.invalid', 'name_not_resolved')
  })

  test('nothing listens', async () => {
    await failsAt(`http://127.0.0.1:${await freePort()}`, 'connection_refused')
  })

  test('the certificate comes from an unknown authority', async () => {
    const folder = certificateFolder()
    onTestFinished(() => folder.remove())
    const { cert, key } = folder.make(['localhost'])
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_request, response) =>
      response.end('{}'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    expect(await failsAt(`https://localhost:${port}`, 'tls_unknown_ca')).toMatch(/SELF_SIGNED|VERIFY|ISSUER/)
    expect(unreachableMends.tls_unknown_ca).toContain('`ca`')
  })

  test('TLS is not spoken', async () => {
    await failsAt(provider.issuer.replace('http:', 'https:'), 'tls_failed')
  })

  const discovery = '/.well-known/openid-configuration'
  const answer = (status: number, body: string): Deviation => ({
    reply(path, response) {
      if (path !== discovery) return false
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
      return true
    },
  })

  test.each<[string, Deviation, keyof typeof unreachableMends, RegExp]>([
    ['there is no such path', answer(404, '{}'), 'status', /status 404/],
    ['it is in trouble', answer(500, '{}'), 'status', /status 500/],
    ['it is the page of a proxy', answer(200, '<html>'), 'not_json', /JSON/],
    ['it is empty', answer(200, '{}'), 'metadata_incomplete', /issuer/],
    [
      'it states another issuer',
      { metadata: (metadata) => ({ ...metadata, issuer: 'https://inside.test' }) },
      'issuer_mismatch',
      /^issuer_mismatch: configured http:\/\/127\.0\.0\.1:\d+\/, stated https:\/\/inside\.test/,
    ],
    [
      'it names no token endpoint',
      { metadata: ({ token_endpoint: _gone, ...metadata }) => metadata },
      'metadata_incomplete',
      /token_endpoint/,
    ],
    ['the connection is closed', { reply: (_path, response) => !!response.destroy() }, 'connection_closed', /./],
  ])('%s', async (_name, deviation, cause, detail) => {
    provider.deviation = deviation
    expect(await failsAt(provider.issuer, cause)).toMatch(detail)
  })
})

describe('a client that the provider does not accept', () => {
  const wrongSecret = (): void =>
    environment.providers.update(new Map([['corp', settingsOf(provider, { clientSecret: 'expired' })]]))

  test('fails sign-ins with this cause, and not with a refusal of the user', async () => {
    wrongSecret()
    expect(await environment.enter(provider.visit)).toMatchObject({
      failure: { code: 'client_rejected', detail: 'invalid_client' },
    })
    expect(environment.logged).toMatchObject([
      {
        level: 'warn',
        msg: 'sign-in failed',
        code: 'client_rejected',
        mend: expect.stringContaining('`client_secret`'),
      },
    ])
  })

  test('ends no session, and is in the log and for `status` at the first refresh', async () => {
    const session = signedIn(await environment.enter(provider.visit))
    wrongSecret()
    expect(await environment.revalidation.revalidate(session)).toEqual({ state: 'unreachable' })
    expect(environment.logged).toMatchObject([
      { msg: 'a session could not be confirmed at the provider', code: 'client_rejected' },
    ])
    expect(environment.providers.get('corp')!.failures.last()).toMatchObject({ code: 'client_rejected', count: 1 })
  })
})

describe('the log of failed sign-ins', () => {
  test('has each kind at once and then once a minute, with the number in between', () => {
    let time = 0
    const lines: Record<string, unknown>[] = []
    const log = createFailureLog(
      'corp',
      (_message, fields) => void lines.push(fields),
      () => time,
    )
    const failed = (code: SignInErrorCode, detail: string): void => log.failed({ code, detail }, 'r')
    for (let round = 0; round < 1000; round += 1) failed('client_rejected', 'invalid_client')
    failed('clock_skew', 'expired: x')
    expect(lines).toHaveLength(2)
    time = 60_000
    failed('client_rejected', 'invalid_client')
    expect(lines[2]).toMatchObject({ code: 'client_rejected', suppressed: 999 })
    expect(log.last()).toMatchObject({ since: 0, at: 60_000, count: 1002 })
    log.worked()
    expect(log.last()).toBeUndefined()
  })

  test('cannot be flooded by strangers, who raise no alarm for `status`', async () => {
    for (let round = 0; round < 50; round += 1) {
      await environment.enter(async (location) => {
        const state = new URL(location).searchParams.get('state')!
        return `?${new URLSearchParams({ error: `made_up_${round}`, state, iss: provider.issuer })}`
      })
    }
    expect(environment.logged).toMatchObject([{ level: 'info', code: 'provider_error' }])
    expect(environment.providers.get('corp')!.failures.last()).toBeUndefined()
  })
})

test('a refused logout token is in the log, once a minute for each check', async () => {
  signedIn(await environment.enter(provider.visit))
  for (let round = 0; round < 20; round += 1) {
    const token = await provider.logoutToken((claims) => ({ ...claims, aud: 'other' }))
    const form = String(new URLSearchParams({ logout_token: token }))
    expect(await environment.signIn.backchannelLogout('corp', form)).toMatchObject({ status: 400 })
  }
  expect(environment.logged).toEqual([
    { level: 'info', msg: 'back-channel logout refused', provider: 'corp', detail: 'aud' },
  ])
})

describe('the guide', () => {
  const guide = readFileSync(new URL('../../../docs/guides/troubleshooting.md', import.meta.url), 'utf8')
  const sentence = (text: string): string => text[0]!.toUpperCase() + text.slice(1)

  test.each(Object.keys(mends) as SignInErrorCode[])('has the page, code and mend of %s', (code) => {
    const { heading } = failureWords.en[code]
    expect(guide).toContain(`\n| ${heading} | \`${code}\` | ${sentence(mends[code])} |\n`)
  })

  test.each(Object.entries(unreachableMends))('has the cause %s with its mend', (cause, mend) => {
    expect(guide).toContain(`\n| \`${cause}\` | ${sentence(mend)} |\n`)
    expect(mendOf({ code: 'provider_unreachable', detail: `${cause}: x` })).toBe(mend)
  })
})
