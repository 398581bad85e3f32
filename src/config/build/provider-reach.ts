// Builds how a provider is reached: private CA, outbound proxy, endpoints, client certificate and authentication, extra parameters.

import { isIP } from 'node:net'
import type { ProviderEndpoints, ProviderReach } from '../provider-reach.ts'
import type { MainInput } from '../schema/schema.ts'
import { childPlace, isLiteral, requireKeys, type Diagnostics, type Place } from './diagnostics.ts'
import { isLoopback } from '../../net/loopback.ts'
import { isProxyUrl } from '../../net/outbound-proxy.ts'
import { isOwnNetwork } from '../../net/own-network.ts'
import { never } from '../../policy/never.ts'
import { specialAddress } from '../../net/special-addresses.ts'
import { absolute, checkCertificates, checkKeyPair } from './tls-files.ts'

type IdentityInput = NonNullable<MainInput['identity']>
type ProviderInput = NonNullable<IdentityInput['providers']>[string]

/** Files are read here, so that a changed one makes another configuration and with it new connections. */
export async function buildReach(check: Diagnostics, place: Place, input: ProviderInput): Promise<ProviderReach> {
  if (input.proxy !== undefined) checkProxy(check, childPlace(place, 'proxy'), input.proxy)
  checkEndpoints(check, childPlace(place, 'endpoints'), input.endpoints ?? {})
  checkParameters(check, childPlace(place, 'authorization_params'), input.authorization_params ?? {})
  checkClientAuthentication(check, place, input)
  return {
    ca: input.ca === undefined ? undefined : await readAuthorities(check, childPlace(place, 'ca'), input.ca),
    proxy: input.proxy,
    clientCertificate: await readClientCertificate(check, place, input),
    clientAuth: input.client_auth,
    endpoints: input.endpoints,
    authorizationParams: input.authorization_params,
  }
}

/** Files of all `ca`, for the policy version. `root`: of the main file. */
export function authorityFiles(root: Place, identity: IdentityInput | undefined): string[] {
  if (identity === undefined) return []
  const all = [identity, ...Object.values(identity.providers ?? {})]
  return all.flatMap(({ ca }) => (ca === undefined ? [] : [absolute(root, ca)]))
}

async function readAuthorities(check: Diagnostics, place: Place, name: string): Promise<string | undefined> {
  if ((await checkCertificates(check, place, name)) === undefined) return undefined
  return textOf(check, place, name)
}

/** Of a file that was read before. */
async function textOf(check: Diagnostics, place: Place, name: string): Promise<string> {
  return (await check.read(absolute(place, name))).toString('utf8')
}

async function readClientCertificate(
  check: Diagnostics,
  place: Place,
  { client_cert: cert, client_key: key }: ProviderInput,
): Promise<ProviderReach['clientCertificate']> {
  if (cert === undefined && key === undefined) return undefined
  requireKeys(check, place, ['client_cert', 'client_key'])
  if (cert === undefined || key === undefined) return undefined
  const at = { cert: childPlace(place, 'client_cert'), key: childPlace(place, 'client_key') }
  const pair = await checkKeyPair(check, { place: at.cert, name: cert }, { place: at.key, name: key })
  if (pair === undefined) return undefined
  return { cert: await textOf(check, at.cert, cert), key: await textOf(check, at.key, key) }
}

function checkClientAuthentication(check: Diagnostics, place: Place, input: ProviderInput): void {
  const at = childPlace(place, 'client_auth')
  switch (input.client_auth) {
    case undefined:
      return
    case 'basic':
    case 'post':
      return input.private_key === undefined ? undefined : check.problem(at, 'needs client_secret, not private_key')
    case 'private_key_jwt':
      return input.client_secret === undefined ? undefined : check.problem(at, 'needs private_key, not client_secret')
    case 'tls':
      requireKeys(check, place, ['client_cert', 'client_key'])
      if (input.client_secret !== undefined || input.private_key !== undefined)
        check.problem(at, 'the client certificate takes the place of client_secret and private_key')
      return
    default:
      return never(input.client_auth)
  }
}

function checkProxy(check: Diagnostics, place: Place, proxy: string): void {
  if (proxy === 'none') return
  if (!isProxyUrl(proxy)) return check.problem(place, 'expected a URL such as http://proxy.example.com:3128, or none')
  const url = new URL(proxy)
  const special = specialAddress(url.hostname)
  if (special !== undefined) return check.problem(place, `${url.hostname} is ${special}`)
  if (url.password === '') return
  check.secret(proxy)
  check.secret(url.password)
  if (isLiteral(place)) check.warn(place, 'password in clear text; use env:NAME or file:PATH')
}

/** Asked by the gateway itself, never by a browser. */
const backChannel: readonly (keyof ProviderEndpoints)[] = ['discovery', 'token', 'jwks', 'userinfo']

function checkEndpoints(check: Diagnostics, place: Place, endpoints: ProviderEndpoints): void {
  for (const [name, text] of Object.entries(endpoints) as [keyof ProviderEndpoints, string | undefined][]) {
    if (text === undefined) continue
    const at = childPlace(place, name)
    const url = URL.parse(text)
    if (url === null || !/^https?:$/.test(url.protocol)) check.problem(at, 'expected an address such as https://...')
    else if (url.username !== '' || url.password !== '') check.problem(at, 'must not contain a user name or password')
    else if (text.includes('#')) check.problem(at, 'must not contain #')
    else checkHost(check, at, url, backChannel.includes(name))
  }
}

function checkHost(check: Diagnostics, place: Place, { protocol, hostname }: URL, own: boolean): void {
  const special = specialAddress(hostname)
  if (special !== undefined) return check.problem(place, `${hostname} is ${special}`)
  if (protocol === 'https:' || isLoopback(hostname)) return
  if (!own) return check.problem(place, 'expected https: browsers go there')
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 && !isOwnNetwork(hostname))
    return check.problem(place, 'expected https: (http: is only for private addresses)')
  // RFC 6749 3.2 asks for TLS: secrets and tokens travel here, and keys that a forger could replace.
  check.warn(
    place,
    'in clear text: only for a network in which no one else can listen or answer; else use https: and ca',
  )
}

/** Of the protocol, or of what the gateway itself must be sure of. */
const reserved = new Set([
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
  'id_token_hint',
  'max_age',
])

const instead: Readonly<Record<string, string>> = {
  scope: ' (set `scopes`)',
  max_age: ' (set `step_up.max_age`)',
}

function checkParameters(check: Diagnostics, place: Place, parameters: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(parameters)) {
    const at = childPlace(place, name)
    if (reserved.has(name.toLowerCase())) {
      const hint = instead[name.toLowerCase()] ?? ''
      check.problem(at, `${name} is a parameter that the gateway sets itself${hint}`, 'key')
    } else if (!/^[\w.-]+$/.test(name)) check.problem(at, 'is no parameter name (RFC 6749, appendix A)', 'key')
    else if (name === 'prompt' && value.split(' ').includes('none')) {
      check.problem(at, 'no user could sign in: `none` forbids the provider to ask')
    }
  }
}
