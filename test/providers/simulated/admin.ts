// Administration of a simulated provider: sessions, accounts, groups, keys.

import { randomBytes } from 'node:crypto'
import { request } from 'undici'
import type { ProviderAdmin, UserName } from '../provider-case.ts'
import type { Behaviour, BrowserSession, Grant, SimulatedUser } from './behaviour.ts'
import type { Signer } from './signer.ts'

export interface SimulatedState {
  readonly users: ReadonlyMap<string, SimulatedUser>
  readonly browsers: Map<string, BrowserSession>
  readonly refreshTokens: Map<string, Grant>
  /** Epoch milliseconds, by user name. */
  readonly refreshedAt: ReadonlyMap<string, number>
  readonly signer: Signer
  readonly issuer: string
  readonly client: { readonly id: string; readonly gateway: string }
}

export function simulatedAdmin(
  state: SimulatedState,
  { announces, endSession }: Pick<Behaviour, 'announces' | 'endSession'>,
): Partial<ProviderAdmin> {
  const { users, browsers, refreshTokens, refreshedAt, signer } = state
  const user = (name: UserName): SimulatedUser => users.get(name)!
  const tokensOf = (name: UserName): string[] =>
    [...refreshTokens].filter(([, grant]) => grant.user.username === name).map(([token]) => token)
  const browsersOf = (name: UserName): string[] =>
    [...browsers].filter(([, one]) => one.user.username === name).map(([id]) => id)
  return {
    sessions: (name) =>
      Promise.resolve({
        // Single sign-on that no client can end is none of a sign-out.
        ...(endSession && { sessions: browsersOf(name).length }),
        'refresh tokens': tokensOf(name).length,
      }),
    lastRefresh: (name) => Promise.resolve(refreshedAt.get(name) ?? 0),
    ...(announces && {
      async endSessions(name: UserName) {
        for (const id of browsersOf(name)) browsers.delete(id)
        for (const token of tokensOf(name)) refreshTokens.delete(token)
        await announce(state, user(name).sub)
      },
    }),
    disable: (name) => Promise.resolve(void (user(name).disabled = true)),
    enable: (name) => Promise.resolve(void (user(name).disabled = false)),
    removeFromGroup: (name, group) => {
      user(name).groups = user(name).groups.filter((one) => one !== group)
      return Promise.resolve()
    },
    addToGroup: (name, group) => Promise.resolve(void user(name).groups.push(group)),
    rotateKey: () => signer.rotate(),
  }
}

/** Back-Channel Logout 1.0, section 2.5. */
async function announce({ signer, issuer, client }: SimulatedState, sub: string): Promise<void> {
  const { host, port } = new URL(client.gateway)
  const now = Math.floor(Date.now() / 1000)
  const { statusCode, body } = await request(`http://127.0.0.1:${port}/backchannel-logout/default`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', host },
    body: new URLSearchParams({
      logout_token: await signer.sign({
        iss: issuer,
        aud: client.id,
        sub,
        iat: now,
        exp: now + 120,
        jti: randomBytes(12).toString('base64url'),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      }),
    }).toString(),
  })
  await body.dump()
  if (statusCode !== 200) throw new Error(`the gateway answered the logout token with ${statusCode}`)
}
