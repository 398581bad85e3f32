// OpenID provider that behaves as a `Behaviour` says: sign-in pages, authorization code grant with PKCE, refresh, logout.

import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { groupsOf, type ClientSettings, type ProviderAdmin, type UserName } from '../provider-case.ts'
import { simulatedAdmin } from './admin.ts'
import type { Behaviour, BrowserSession, Grant, SimulatedUser } from './behaviour.ts'
import { credentialsOf, json, page, textOf } from './http.ts'
import { metadataOf } from './metadata.ts'
import { createSigner } from './signer.ts'

export interface SimulatedServer {
  readonly issuer: string
  readonly admin: Partial<ProviderAdmin>
  stop(): Promise<void>
}

/** An authorization request whose sign-in pages are open. */
interface Pending {
  readonly parameters: URLSearchParams
  signedIn: boolean
}

export const password = 'correct horse'
export const oneTimePassword = '314159'

const seconds = (): number => Math.floor(Date.now() / 1000)
const secret = (): string => randomBytes(24).toString('base64url')

export async function startSimulatedServer(
  behaviour: Behaviour,
  client: ClientSettings & { readonly id: string; readonly secret: string; readonly redirectUri: string },
): Promise<SimulatedServer> {
  const users = new Map(
    Object.entries(groupsOf).map(([name, groups]): [string, SimulatedUser] => [
      name,
      {
        username: name as UserName,
        sub: `${createHash('sha256').update(`${behaviour.name} ${name}`).digest('hex').slice(0, 20)}`,
        email: `${name}@example.com`,
        groups: [...groups],
        hasSecondFactor: name === 'anna',
        disabled: false,
      },
    ]),
  )
  const { redirectUri } = client
  const browsers = new Map<string, BrowserSession>()
  const pending = new Map<string, Pending>()
  const codes = new Map<string, Grant>()
  const accessTokens = new Map<string, Grant>()
  const refreshTokens = new Map<string, Grant>()
  const consented = new Set<string>()
  const refreshedAt = new Map<string, number>()
  const signer = await createSigner()

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      process.stderr.write(`${behaviour.name}: ${String(error)}\n`)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `${origin}${behaviour.issuerPath}`

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url!, origin)
    const form = new URLSearchParams(await textOf(incoming))
    switch (url.pathname) {
      case `${behaviour.issuerPath.replace(/\/$/, '')}/.well-known/openid-configuration`:
        return json(response, 200, metadataOf(behaviour, origin))
      case '/keys':
        return json(response, 200, signer.keySet())
      case '/authorize':
        return authorize(url.searchParams, incoming, response)
      case '/login':
        return login(url.searchParams.get('request') ?? '', form, incoming, response)
      case '/token':
        return token(incoming, form, response)
      case '/userinfo':
        return userInfo(incoming, response)
      case '/logout':
        return endSession(url.searchParams, incoming, response)
      case '/revoke':
        refreshTokens.delete(form.get('token') ?? '')
        return void response.writeHead(200).end()
      default:
        return page(response, 404, 'not found')
    }
  }

  function authorize(parameters: URLSearchParams, incoming: IncomingMessage, response: ServerResponse): void {
    if (parameters.get('client_id') !== client.id || parameters.get('redirect_uri') !== redirectUri)
      return page(response, 400, 'unknown client or redirect URI')
    const unknown = (parameters.get('scope') ?? '').split(' ').filter((scope) => !behaviour.scopes.includes(scope))
    if (unknown.length > 0) return sendError(parameters, 'invalid_scope', response)
    const refused = behaviour.refuse?.(parameters)
    if (refused !== undefined) return sendError(parameters, refused, response)
    proceed({ parameters, signedIn: false }, sessionOf(incoming), response)
  }

  /** Shows the page that is missing, or sends the browser back. */
  function proceed(one: Pending, session: BrowserSession | undefined, response: ServerResponse): void {
    const { parameters } = one
    const prompt = parameters.get('prompt')
    const maxAge = Number(parameters.get('max_age') ?? Number.POSITIVE_INFINITY)
    const tooOld = session !== undefined && seconds() - session.authTime > maxAge
    const again = !one.signedIn && (prompt === 'login' || tooOld)
    const needsLogin = session === undefined || again
    const needsFactor = !needsLogin && !session.secondFactor && behaviour.asksSecondFactor(parameters, session.user)
    if (prompt === 'none' && (needsLogin || needsFactor))
      return sendError(parameters, needsLogin ? 'login_required' : 'interaction_required', response)
    if (needsLogin) return showForm(one, 'password', response)
    if (needsFactor && !session.user.hasSecondFactor) return sendError(parameters, behaviour.unmet, response)
    if (needsFactor) return showForm(one, 'otp', response)
    const code = secret()
    codes.set(code, {
      user: session.user,
      scopes: new Set((parameters.get('scope') ?? '').split(' ')),
      parameters,
      authTime: session.authTime,
      secondFactor: session.secondFactor,
      sid: session.sid,
      refreshed: false,
      firstConsent: !consented.has(session.user.username),
    })
    consented.add(session.user.username)
    sendBack(parameters, { code }, response)
  }

  function showForm(one: Pending, field: 'password' | 'otp', response: ServerResponse): void {
    const id = secret()
    pending.set(id, one)
    const fields = field === 'otp' ? '<input name="otp">' : '<input name="username"><input name="password">'
    page(response, 200, `<form method="post" action="/login?request=${id}">${fields}<button>Continue</button></form>`)
  }

  function login(id: string, form: URLSearchParams, incoming: IncomingMessage, response: ServerResponse): void {
    const one = pending.get(id)
    pending.delete(id)
    if (one === undefined) return page(response, 400, 'this page has expired')
    const session = sessionOf(incoming)
    if (form.has('otp')) {
      if (session === undefined || form.get('otp') !== oneTimePassword) return page(response, 400, 'wrong code')
      session.secondFactor = true
      session.authTime = seconds()
      return proceed({ ...one, signedIn: true }, session, response)
    }
    const user = users.get(form.get('username') ?? '')
    if (user === undefined || user.disabled || form.get('password') !== password)
      return page(response, 400, 'wrong name or password')
    const id2 = secret()
    const fresh = { user, authTime: seconds(), secondFactor: false, sid: session?.sid ?? secret() }
    browsers.set(id2, fresh)
    response.setHeader('set-cookie', `sso=${id2}; Path=/; HttpOnly`)
    proceed({ ...one, signedIn: true }, fresh, response)
  }

  async function token(incoming: IncomingMessage, form: URLSearchParams, response: ServerResponse): Promise<void> {
    const [id, given] = credentialsOf(incoming, form)
    if (id !== client.id || given !== client.secret) return json(response, 401, { error: 'invalid_client' })
    const used = form.get('refresh_token') ?? ''
    const grant = form.get('grant_type') === 'refresh_token' ? refreshedGrant(used) : redeem(form)
    if (grant === undefined || grant.user.disabled) return json(response, 400, { error: 'invalid_grant' })
    const accessToken = secret()
    accessTokens.set(accessToken, grant)
    const isNew = !grant.refreshed || behaviour.refreshTokens !== 'same'
    let refreshToken: string | undefined
    if (isNew && behaviour.issuesRefreshToken(grant)) {
      refreshToken = secret()
      refreshTokens.set(refreshToken, grant)
    }
    if (grant.refreshed && behaviour.refreshTokens === 'rotated') refreshTokens.delete(used)
    const nonce = grant.refreshed ? undefined : (grant.parameters.get('nonce') ?? undefined)
    json(response, 200, {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 300,
      scope: [...grant.scopes].join(' '),
      id_token: await signer.sign({
        iss: issuer,
        aud: client.id,
        sub: grant.user.sub,
        iat: seconds(),
        exp: seconds() + 300,
        auth_time: grant.authTime,
        ...(nonce !== undefined && { nonce }),
        ...behaviour.claims(grant),
      }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    })
  }

  function redeem(form: URLSearchParams): Grant | undefined {
    const code = form.get('code') ?? ''
    const grant = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const expected = grant?.parameters.get('code_challenge') ?? undefined
    if (expected !== undefined && expected !== challenge) return undefined
    return form.get('redirect_uri') === redirectUri ? grant : undefined
  }

  function refreshedGrant(used: string): Grant | undefined {
    const grant = refreshTokens.get(used)
    if (grant === undefined) return undefined
    refreshedAt.set(grant.user.username, Date.now())
    return { ...grant, refreshed: true }
  }

  function userInfo(incoming: IncomingMessage, response: ServerResponse): void {
    const grant = accessTokens.get((incoming.headers.authorization ?? '').replace(/^Bearer /i, ''))
    if (grant === undefined || behaviour.userInfo === undefined) return json(response, 401, { error: 'invalid_token' })
    json(response, 200, { sub: grant.user.sub, ...behaviour.userInfo(grant) })
  }

  function endSession(parameters: URLSearchParams, incoming: IncomingMessage, response: ServerResponse): void {
    const next = behaviour.endSession?.(parameters, `${client.gateway}/signed-out`)
    if (next === undefined) return page(response, 400, 'required parameters are missing')
    for (const [id, one] of browsers) if (one === sessionOf(incoming)) browsers.delete(id)
    response.writeHead(302, { location: next }).end()
  }

  function sendError(parameters: URLSearchParams, error: string, response: ServerResponse): void {
    sendBack(parameters, { error }, response)
  }

  function sendBack(parameters: URLSearchParams, members: Record<string, string>, response: ServerResponse): void {
    const back = new URLSearchParams({ ...members, state: parameters.get('state') ?? '' })
    response.writeHead(302, { location: `${redirectUri}?${back}` }).end()
  }

  function sessionOf({ headers }: IncomingMessage): BrowserSession | undefined {
    return browsers.get(/(?:^|; )sso=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? '')
  }

  return {
    issuer,
    admin: simulatedAdmin({ users, browsers, refreshTokens, refreshedAt, signer, issuer, client }, behaviour),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
