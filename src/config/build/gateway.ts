// Builds the gateway settings: listeners, TLS certificates, trusted proxies, workers, encryption keys.

import type { X509Certificate } from 'node:crypto'
import type { GatewaySettings, ListenerSettings, StoreSettings, TlsSettings } from '../configuration.ts'
import type { MainInput } from '../schema/schema.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, childPlace, isLiteral } from './diagnostics.ts'
import { isLoopback } from '../../net/loopback.ts'
import { parseCidr, parseListen, parseOrigin } from '../address.ts'
import { concealValues } from '../load/secret-references.ts'
import { buildAcme, type ListenerFiles } from './acme.ts'
import { buildHsts } from './hsts.ts'
import { buildHttpRedirect } from './http-redirect.ts'
import { isTimeZone } from '../units.ts'
import { absolute, checkCertificates, checkKeyPair } from './tls-files.ts'

type GatewayInput = NonNullable<MainInput['gateway']>
type TlsInput = NonNullable<GatewayInput['tls']>

export interface BuiltGateway {
  readonly settings: GatewaySettings
  /** Host name without port, to detect conflicts with apps. */
  readonly hostname: string
  readonly certificates: readonly { readonly place: Place; readonly certificate: X509Certificate }[]
  /** Of each listener with TLS. */
  readonly listenerFiles: readonly ListenerFiles[]
}

export async function buildGateway(
  check: Diagnostics,
  place: Place,
  input: GatewayInput,
  store: StoreSettings,
): Promise<BuiltGateway> {
  const certificates: { place: Place; certificate: X509Certificate }[] = []
  const files = new Map<TlsSettings, ListenerFiles>()
  const issued = place.file.tree.existedOriginally([...place.path, 'acme'])
  const tlsOf = async (at: Place, written: TlsInput): Promise<TlsSettings> => {
    const own: { place: Place; certificate: X509Certificate }[] = []
    const tls = await buildTls(check, at, written, own, issued)
    certificates.push(...own)
    files.set(
      tls,
      own.map(({ certificate }) => certificate),
    )
    return tls
  }
  requireKeys(check, place, ['url'])
  const url = input.url === undefined ? undefined : parseOrigin(input.url, 'loopback')
  if (url?.ok === false) check.problem(childPlace(place, 'url'), url.message)
  const own = url?.ok === true ? url : undefined
  const secure = own?.secure ?? true

  const shared = input.tls === undefined && !issued ? undefined : await tlsOf(childPlace(place, 'tls'), input.tls ?? {})
  const listen: ListenerSettings[] = []
  for (const [index, listener] of (input.listen ?? []).entries()) {
    const at = childPlace(place, 'listen', index)
    requireKeys(check, at, ['address'])
    const address = listener.address === undefined ? undefined : parseListen(listener.address)
    if (listener.address !== undefined && address === undefined) {
      check.problem(childPlace(at, 'address'), 'expected host:port, such as 0.0.0.0:443')
    }
    const tls =
      listener.tls === false
        ? undefined
        : listener.tls === undefined
          ? shared
          : await tlsOf(childPlace(at, 'tls'), listener.tls)
    if (address !== undefined) listen.push({ ...address, tls })
  }
  if (input.listen === undefined && own !== undefined) {
    const port = Number(new URL(own.origin).port) || (own.secure ? 443 : 80)
    listen.push({ host: own.secure ? '0.0.0.0' : '127.0.0.1', port, tls: own.secure ? shared : undefined })
    if (own.secure && shared === undefined && !place.file.tree.existedOriginally([...place.path, 'tls'])) {
      check.problem(
        place,
        'tls is missing: an https: url needs a certificate: files in tls, or acme to order it (or `listen` with `tls: false`)',
        'key',
      )
    }
  }
  if (own?.secure === false && input.tls !== undefined)
    check.problem(childPlace(place, 'tls'), 'contradicts gateway.url, which is http:', 'key')

  const proxies = cidrs(check, childPlace(place, 'trusted_proxies'), input.trusted_proxies, 'refuse everything')
  if (
    own?.secure === true &&
    proxies.length === 0 &&
    listen.some((one) => one.tls === undefined && !isLoopback(one.host))
  ) {
    check.warn(
      childPlace(place, 'listen'),
      'a listener without TLS is reachable from outside; list the front proxy in trusted_proxies',
      'key',
    )
  }
  const operations = buildOperations(check, childPlace(place, 'operations'), input.operations, listen)
  if (input.admin_socket !== undefined && Buffer.byteLength(absolute(place, input.admin_socket)) > 103) {
    check.problem(childPlace(place, 'admin_socket'), 'the absolute path of a socket must have at most 103 bytes')
  }
  const httpRedirect = buildHttpRedirect(check, childPlace(place, 'http'), input.http, { secure, listen, operations })
  const settings: GatewaySettings = {
    origin: own?.origin ?? '',
    host: own?.host ?? '',
    secure,
    listen,
    httpRedirect,
    acme: await buildAcme(check, childPlace(place, 'acme'), input.acme, { secure, listen, httpRedirect }, store),
    operations,
    adminSocket: input.admin_socket === undefined ? undefined : absolute(place, input.admin_socket),
    workers: buildWorkers(check, childPlace(place, 'workers'), input.workers, store, listen),
    http1: input.http1 ?? 'einlass',
    trustedProxies: proxies,
    timeZone: buildTimeZone(check, childPlace(place, 'time_zone'), input.time_zone),
    hsts: buildHsts(check, childPlace(place, 'hsts'), input.hsts),
    secretKeys: buildKeys(check, place, input.secret_key, store),
  }
  return {
    settings: concealValues(settings, ['secretKeys']),
    hostname: own?.hostname ?? '',
    certificates,
    listenerFiles: listen.flatMap(({ tls }) => (tls === undefined ? [] : [files.get(tls) ?? []])),
  }
}

function buildTimeZone(check: Diagnostics, place: Place, input: string | undefined): string {
  if (input !== undefined && isTimeZone(input)) return input
  if (input !== undefined) check.problem(place, 'unknown time zone (expected a name such as Europe/Berlin)')
  return Temporal.Now.timeZoneId()
}

async function buildTls(
  check: Diagnostics,
  place: Place,
  input: TlsInput,
  certificates: { place: Place; certificate: X509Certificate }[],
  issued: boolean,
): Promise<TlsSettings> {
  const pairs = (input.certificates ?? []).map((pair, index) => ({
    pair,
    at: childPlace(place, 'certificates', index),
  }))
  const short = input.cert !== undefined || input.key !== undefined
  if (short && input.certificates !== undefined)
    check.problem(place, 'expected either cert and key, or certificates', 'key')
  if (short || (input.certificates === undefined && !issued)) pairs.unshift({ pair: input, at: place })
  const files: { cert: string; key: string }[] = []
  for (const { pair, at } of pairs) {
    requireKeys(check, at, ['cert', 'key'])
    if (pair.cert === undefined || pair.key === undefined) continue
    const certificate = await checkKeyPair(
      check,
      { place: childPlace(at, 'cert'), name: pair.cert },
      { place: childPlace(at, 'key'), name: pair.key },
    )
    if (certificate !== undefined) certificates.push({ place: childPlace(at, 'cert'), certificate })
    files.push({ cert: absolute(at, pair.cert), key: absolute(at, pair.key) })
  }
  if (input.client_ca !== undefined) {
    check.problem(childPlace(place, 'client_ca'), 'not available yet: no posture source reads client certificates')
    await checkCertificates(check, childPlace(place, 'client_ca'), input.client_ca)
  }
  return {
    certificates: files,
    clientCa: input.client_ca === undefined ? undefined : absolute(place, input.client_ca),
    http2: input.http2 ?? true,
    ...(issued && { issued }),
  }
}

function buildOperations(
  check: Diagnostics,
  place: Place,
  input: GatewayInput['operations'],
  listen: readonly ListenerSettings[],
): GatewaySettings['operations'] {
  if (input === false) return undefined
  const address = parseListen(input ?? '127.0.0.1:9090')
  if (address === undefined) {
    check.problem(place, 'expected host:port, such as 127.0.0.1:9090')
    return undefined
  }
  const clash = listen.some(
    (one) =>
      one.port === address.port &&
      address.port !== 0 &&
      (one.host === address.host || one.host === '0.0.0.0' || one.host === '::'),
  )
  if (clash) check.problem(place, 'must not be on the public listener: choose another port')
  return address
}

/** Several workers cannot share a memory or SQLite store, nor a port the system chose. */
function buildWorkers(
  check: Diagnostics,
  place: Place,
  input: GatewayInput['workers'],
  store: StoreSettings,
  listen: readonly ListenerSettings[],
): GatewaySettings['workers'] {
  const workers = input ?? 'auto'
  if (workers === 'auto' || workers === 1) return workers
  if (store.kind !== 'redis') {
    check.problem(place, `several workers need a shared store (Redis); with ${store.kind}: only one worker is possible`)
  }
  if (listen.some(({ port }) => port === 0)) check.problem(place, 'several workers cannot share port 0: set a port')
  return workers
}

/** Master keys of 32 bytes; HKDF derives all other keys from them. */
function buildKeys(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
  store: StoreSettings,
): readonly Buffer[] {
  const at = childPlace(place, 'secret_key')
  const listed = Array.isArray(place.file.tree.at(at.path))
  if (input === undefined && store.kind !== 'memory') requireKeys(check, place, ['secret_key'])
  return (input ?? []).flatMap((text, index) => {
    const where = listed ? childPlace(at, index) : at
    check.secret(text)
    if (isLiteral(where)) check.warn(where, 'secret in clear text; use env:NAME or file:PATH')
    const compact = text.trim()
    const key = Buffer.from(compact, 'base64')
    const exact = /^[A-Za-z0-9+/_-]+={0,2}$/.test(compact)
    if (exact && key.length === 32) return [key]
    check.problem(where, 'expected 32 random bytes in base64 (openssl rand -base64 32)')
    return []
  })
}

/**
 * Canonical CIDRs. `zero`: whether `/0`, every address, is accepted. `names`: networks that may be referred to by name.
 */
export function cidrs(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
  zero: 'accept everything' | 'refuse everything',
  names: ReadonlyMap<string, readonly string[]> = new Map(),
): string[] {
  const listed = Array.isArray(place.file.tree.at(place.path))
  return (input ?? []).flatMap((text, index) => {
    const where = listed ? childPlace(place, index) : place
    const named = names.get(text)
    const parsed = (named ?? [text]).map(parseCidr)
    if (parsed.includes(undefined)) {
      check.problem(where, 'expected a network such as 10.0.0.0/8 or 2001:db8::/32')
      return []
    }
    if (zero === 'refuse everything' && parsed.some((one) => one?.prefix === 0)) {
      check.problem(where, '/0 would trust every address')
      return []
    }
    return parsed.map((one) => one!.cidr)
  })
}
