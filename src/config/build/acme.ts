// Builds `gateway.acme`: the account, the challenges that can be answered here, and the host names to order for.

import type { X509Certificate } from 'node:crypto'
import {
  defaultDirectory,
  orderObstacle,
  publicAuthority,
  type AcmeSettings,
  type ChallengeType,
} from '../acme-settings.ts'
import type { App, GatewaySettings, StoreSettings } from '../configuration.ts'
import type { MainInput } from '../schema/schema.ts'
import { isLoopback } from '../../net/loopback.ts'
import { specialAddress } from '../../net/special-addresses.ts'
import { concealValues } from '../load/secret-references.ts'
import { childPlace, isLiteral, requireKeys, type Diagnostics, type Place } from './diagnostics.ts'
import { absolute, checkCertificates, isCovered } from './tls-files.ts'

type AcmeInput = NonNullable<NonNullable<MainInput['gateway']>['acme']>

/** Certificates of one listener with TLS, from files. */
export type ListenerFiles = readonly X509Certificate[]

type Listening = Pick<GatewaySettings, 'secure' | 'listen' | 'httpRedirect'>

/** Without `names`, which `orderedNames` finds once all apps are known. */
export async function buildAcme(
  check: Diagnostics,
  place: Place,
  input: AcmeInput | undefined,
  listening: Listening,
  store: StoreSettings,
): Promise<AcmeSettings | undefined> {
  if (input === undefined) return undefined
  requireKeys(check, place, ['terms_of_service'])
  const directory = buildDirectory(check, childPlace(place, 'directory'), input.directory)
  const eab = buildBinding(check, childPlace(place, 'eab'), input.eab)
  if (eab === undefined && input.eab === undefined && publicAuthority(directory)?.eab === true) {
    check.problem(
      place,
      `eab is missing: ${new URL(directory).hostname} gives accounts only with its kid and hmac`,
      'key',
    )
  }
  if (!listening.secure) check.problem(place, 'contradicts gateway.url, which is http:', 'key')
  if (store.kind === 'memory') {
    check.warn(
      place,
      'with store memory: each start orders new certificates, which public authorities limit to a few a week; use sqlite: or Redis',
      'key',
    )
  }
  return {
    email: input.email,
    directory,
    eab,
    ca: input.ca === undefined ? undefined : await readAuthority(check, childPlace(place, 'ca'), input.ca),
    challenges: buildChallenges(check, place, input.challenges, listening),
    names: [],
  }
}

function buildDirectory(check: Diagnostics, place: Place, input: string | undefined): string {
  if (input === undefined) return defaultDirectory
  const url = URL.parse(input)
  if (url === null || !/^https?:$/.test(url.protocol)) check.problem(place, 'expected an address such as https://...')
  else if (url.username !== '' || url.password !== '') check.problem(place, 'must not contain a user name or password')
  // RFC 8555 6.1: HTTPS, so that nobody between reads or changes it.
  else if (url.protocol === 'http:' && !isLoopback(url.hostname)) check.problem(place, 'expected https:')
  else if (specialAddress(url.hostname) !== undefined)
    check.problem(place, `${url.hostname} is ${specialAddress(url.hostname)!}`)
  return input
}

function buildBinding(check: Diagnostics, place: Place, input: AcmeInput['eab']): AcmeSettings['eab'] {
  if (input === undefined) return undefined
  requireKeys(check, place, ['kid', 'hmac'])
  const { kid, hmac } = input
  if (kid === undefined || hmac === undefined) return undefined
  const at = childPlace(place, 'hmac')
  check.secret(hmac)
  if (isLiteral(at)) check.warn(at, 'secret in clear text; use env:NAME or file:PATH')
  const compact = hmac.trim().replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  if (!/^[A-Za-z0-9_-]{16,}$/.test(compact)) check.problem(at, 'expected a key in base64url, as the authority shows it')
  return concealValues({ kid, hmac: compact }, ['hmac'])
}

async function readAuthority(check: Diagnostics, place: Place, name: string): Promise<string | undefined> {
  if ((await checkCertificates(check, place, name)) === undefined) return undefined
  return (await check.read(absolute(place, name))).toString('utf8')
}

/** An authority connects to ports 443 and 80 only (RFC 8555 8.3, RFC 8737 3); what leads these to other ports is not seen here. */
function buildChallenges(
  check: Diagnostics,
  place: Place,
  input: readonly ChallengeType[] | undefined,
  { listen, httpRedirect }: Listening,
): readonly ChallengeType[] {
  const secure = listen.filter(({ tls }) => tls !== undefined)
  const at = childPlace(place, 'challenges')
  if (input === undefined) {
    const found: ChallengeType[] = [
      ...(secure.some(({ port }) => port === 443) ? ['tls-alpn-01' as const] : []),
      ...(httpRedirect.listen.some(({ port }) => port === 80) ? ['http-01' as const] : []),
    ]
    if (found.length === 0) {
      check.problem(
        place,
        'nothing can answer the authority, which connects to port 443 or 80 of each host: listen on port 443, or, where a router or ' +
          'load balancer leads port 443 to the listener with TLS, write challenges: tls-alpn-01 (port 80 to one of gateway.http: http-01)',
        'key',
      )
    }
    return found
  }
  if (input.includes('tls-alpn-01') && secure.length === 0) {
    check.problem(at, 'tls-alpn-01 needs a listener with TLS')
  }
  if (input.includes('http-01') && httpRedirect.listen.length === 0) {
    check.problem(at, 'http-01 needs a plain listener: set gateway.http, such as redirect')
  }
  return [...new Set(input)]
}

/** Settings with the names of the gateway and each `from` that the files of at least one listener with TLS do not cover. */
export function withOrderedNames(
  check: Diagnostics,
  root: Place,
  { settings, listenerFiles }: { readonly settings: GatewaySettings; readonly listenerFiles: readonly ListenerFiles[] },
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
): GatewaySettings {
  const { acme } = settings
  if (acme === undefined) return settings
  const at = childPlace(root, 'gateway', 'acme')
  const authority = publicAuthority(acme.directory)
  const names = new Set<string>()
  const hosts = [
    { place: childPlace(root, 'gateway', 'url'), origin: settings.origin },
    ...[...apps.values()].flatMap(({ name, addresses }) => {
      const from = childPlace(places.get(name)!, 'from')
      const listed = Array.isArray(from.file.tree.at(from.path))
      return addresses.map(({ origin }, index) => ({ place: listed ? childPlace(from, index) : from, origin }))
    }),
  ].filter(({ origin }) => origin.startsWith('https:'))
  for (const { place, origin } of hosts) {
    const { hostname } = new URL(origin)
    const covered = (certificates: ListenerFiles): boolean => certificates.some((one) => isCovered(hostname, one))
    if (listenerFiles.length > 0 && listenerFiles.every(covered)) continue
    const obstacle = orderObstacle(hostname, authority !== undefined)
    if (obstacle === undefined) names.add(hostname)
    else {
      const instead = authority === undefined ? '' : ', or acme.directory of a private authority'
      check.problem(
        place,
        `gateway.acme cannot get a certificate for ${hostname}: ${obstacle}. Use a name of a domain of yours, files in gateway.tls${instead}`,
      )
    }
  }
  if (names.size === 0 && hosts.length > 0 && check.problems.length === 0) {
    check.warn(at, 'orders nothing: the files of gateway.tls cover every host', 'key')
  }
  return concealValues({ ...settings, acme: { ...acme, names: [...names] } }, ['secretKeys'])
}
