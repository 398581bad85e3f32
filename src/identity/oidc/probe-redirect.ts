// Asks a provider whether it knows the redirect URI, as a browser without a session would: an authorization request with `prompt=none`.

import { randomBytes } from 'node:crypto'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import { createBoundedHttp } from '../../net/bounded-http.ts'
import type { OutboundProxy } from '../../net/outbound-proxy.ts'

export interface ProbedRedirect {
  /** Undefined: the provider does not tell. */
  readonly accepted: boolean | undefined
  readonly detail: string
  /** Value of `Date` in the answer. */
  readonly date: string | undefined
}

export interface RedirectQuestion {
  readonly settings: ProviderSettings
  readonly authorizationEndpoint: string
  readonly redirectUri: string
  readonly scopes: readonly string[]
  /** Of the environment. */
  readonly proxy: OutboundProxy | undefined
}

/** OIDC Core 3.1.2.6: an error goes to the redirect URI, but one about the redirect URI itself to no address. Never rejects. */
export async function probeRedirect({
  settings,
  authorizationEndpoint,
  redirectUri,
  scopes,
  proxy,
}: RedirectQuestion): Promise<ProbedRedirect> {
  const own =
    settings.proxy === undefined ? proxy : settings.proxy === 'none' ? undefined : { url: settings.proxy, except: '' }
  const http = createBoundedHttp({
    timeout: 10_000,
    connectTimeout: 5_000,
    keepAliveTimeout: 1_000,
    maxBytes: 512 * 1024,
    maxConnections: 1,
    furtherCa: settings.ca,
    proxy: own,
  })
  const url = new URL(authorizationEndpoint)
  const random = (): string => randomBytes(32).toString('base64url')
  const parameters = {
    ...settings.authorizationParams,
    client_id: settings.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: scopes.join(' '),
    prompt: 'none',
    state: random(),
    nonce: random(),
    code_challenge: random(),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  try {
    const { status, headers, body } = await http.fetch(url.href, { method: 'GET', headers: { accept: 'text/html' } })
    const date = typeof headers['date'] === 'string' ? headers['date'] : undefined
    return { ...verdict(status, headers['location'], body.toString('utf8'), redirectUri), date }
  } catch {
    return { accepted: undefined, detail: 'the authorization endpoint does not answer from here', date: undefined }
  } finally {
    await http.close()
  }
}

function verdict(
  status: number,
  location: string | readonly string[] | undefined,
  body: string,
  redirectUri: string,
): Pick<ProbedRedirect, 'accepted' | 'detail'> {
  if (status >= 300 && status < 400) {
    const target = typeof location === 'string' ? location : ''
    // To us with an error such as login_required, or on to a page of the provider: neither without a known address.
    if (target.startsWith(redirectUri)) return { accepted: true, detail: 'the provider returns to it' }
    if (mentionsRedirect(target)) return { accepted: false, detail: 'the provider refuses it' }
    return { accepted: undefined, detail: 'the provider does not tell' }
  }
  if (mentionsRedirect(body)) return { accepted: false, detail: `the provider refuses it (status ${status})` }
  return { accepted: undefined, detail: `the provider does not tell (status ${status})` }
}

/** Keycloak, Entra (AADSTS50011), Okta, Google and others name it on their error pages. */
function mentionsRedirect(text: string): boolean {
  return /redirect[_ -]?ur[il]|AADSTS50011|reply (?:url|address)/i.test(text)
}
