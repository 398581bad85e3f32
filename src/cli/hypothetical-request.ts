// Builds the access request of `einlass explain` from its options, as the gateway builds it from a request.

import { isIP } from 'node:net'
import type { App, Configuration } from '../config/configuration.ts'
import type { ProviderSettings } from '../config/provider-settings.ts'
import { didYouMean } from '../config/load/problem.ts'
import { parseDuration, parseMoment } from '../config/units.ts'
import { plainAddress } from '../http/peer-address.ts'
import { createNetworkLookup } from '../gateway/ip-networks.ts'
import { canonicalHost } from '../gateway/canonical/canonical-request.ts'
import { createPathCheck } from '../gateway/path-check.ts'
import { canonicalTarget } from '../gateway/canonical/request-target.ts'
import { methodKinds } from '../gateway/methods.ts'
import { readReference } from '../gateway/webdav/resource-reference.ts'
import { requestSource, type RequestSource } from '../gateway/origin-check.ts'
import { authenticationOf } from '../identity/oidc/claims.ts'
import { foldAddress } from '../net/domain-names.ts'
import type { AccessRequest, Identity } from '../policy/access-request.ts'
import type { ConditionSet } from '../policy/declaration.ts'
import type { Grant } from '../policy/grant.ts'
import { subjectKey } from '../policy/subject.ts'
import { vouchedEmail, vouchersOf } from '../policy/vouching.ts'
import { InvalidArgument, printableArgument } from './invalid-argument.ts'
import { hypotheticalDevice } from './hypothetical-device.ts'

export interface RequestOptions {
  readonly user?: string | undefined
  readonly group?: readonly string[] | undefined
  readonly provider?: string | undefined
  readonly claim?: readonly string[] | undefined
  readonly acr?: string | undefined
  readonly amr?: readonly string[] | undefined
  readonly 'auth-age'?: string | undefined
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly destination?: string | undefined
  readonly origin?: string | undefined
  readonly 'fetch-site'?: string | undefined
  readonly ip?: string | undefined
  readonly posture?: string | undefined
  readonly grant?: readonly string[] | undefined
  readonly at?: string | undefined
}

/** Options that describe the user: without `--user` they would be ignored silently, so they are rejected. */
const personal = ['group', 'provider', 'claim', 'acr', 'amr', 'auth-age', 'grant'] as const

/** Documentation address (RFC 5737 section 3); without `--ip` the request is in no network, even if one contains it. */
const exampleAddress = '192.0.2.1'

/**
 * Includes the grants of the configuration. `clock`: epoch milliseconds, used without `--at`. Throws `InvalidArgument`.
 */
export function hypotheticalRequest(
  configuration: Configuration,
  app: App,
  facts: RequestOptions,
  clock: number,
  cwd: string,
): AccessRequest {
  const zone = zoneOf(configuration, app)
  const momentOf = (option: string, text: string): number => {
    const moment = parseMoment(text, zone, false)
    if (moment === undefined) {
      throw new InvalidArgument(
        `${option}: ${printableArgument(text)} is not a time; write it as 2026-11-30T14:00 or 2026-11-30T14:00+01:00`,
      )
    }
    return moment
  }
  const now = facts.at === undefined ? clock : momentOf('--at', facts.at)
  const orphan = facts.user === undefined ? personal.find((name) => facts[name] !== undefined) : undefined
  if (orphan !== undefined) throw new InvalidArgument(`--${orphan} requires --user`)
  const identity = facts.user === undefined ? undefined : identityOf(configuration, facts.user, facts, now)
  const pathOf = (option: string, given: string): string => canonicalPath(option, given, app, configuration)
  const path = pathOf('--path', facts.path ?? `${app.addresses[0].path}/`)
  if (!app.addresses.some((own) => `${path}/`.startsWith(`${own.path}/`))) {
    const own = app.addresses.map((address) => address.path).join(', ')
    throw new InvalidArgument(`--path: ${printableArgument(facts.path)} is no path of this app, which has ${own}`)
  }
  const method = methodOf(facts)
  if (method !== 'CONNECT' && methodKinds(app)(method) === undefined) {
    throw new InvalidArgument(`--method: apps.${app.name}.methods does not accept ${method}: the gateway responds 501`)
  }
  const destination = destinationOf(app, method, facts.destination, pathOf)
  const address = facts.ip === 'unknown' ? undefined : plainAddress(facts.ip ?? exampleAddress)
  if (address !== undefined && isIP(address) === 0)
    throw new InvalidArgument(`--ip: ${printableArgument(address)} is not an address; write one such as 192.0.2.1`)
  return {
    identity,
    absence: 'no_session',
    device: hypotheticalDevice(facts.posture, now, cwd, momentOf),
    grants: identity === undefined ? [] : grantsOf(configuration, app, identity, facts.grant ?? [], momentOf),
    network: {
      address,
      names:
        facts.ip === undefined || address === undefined
          ? new Set()
          : createNetworkLookup(configuration.networks)(address),
    },
    method,
    path,
    ...(destination !== undefined && { destination }),
    now,
  }
}

function canonicalPath(option: string, given: string, app: App, configuration: Configuration): string {
  const target = canonicalTarget(given)
  if (!('refused' in target)) {
    const refusal = target.ambiguity && createPathCheck(app, configuration).refusal(target.ambiguity)
    if (refusal === undefined) return target.path
    throw new InvalidArgument(
      `${option}: ${printableArgument(given)} is ambiguous because of ${refusal.octet} (${refusal.rule}): the gateway responds 400`,
    )
  }
  throw new InvalidArgument(`${option}: ${printableArgument(given)} has no canonical form: the gateway responds 400`)
}

/** Required and read as by the gateway (`gateway/webdav/webdav-fields.ts`). */
function destinationOf(
  app: App,
  method: string,
  given: string | undefined,
  pathOf: (option: string, given: string) => string,
): string | undefined {
  if (given === undefined) {
    if (method !== 'COPY' && method !== 'MOVE') return undefined
    throw new InvalidArgument(`--method ${method} requires --destination`)
  }
  if (method === 'CONNECT' || methodKinds(app)(method) !== 'further') {
    throw new InvalidArgument(`--destination: ${method} has none; write it with --method COPY or MOVE`)
  }
  const reference = readReference(given, { scheme: app.secure ? 'https' : 'http', host: app.host }, canonicalHost)
  if (reference !== undefined && app.addresses.some(({ host }) => host === reference.host))
    return pathOf('--destination', reference.target.sent)
  throw new InvalidArgument(
    `--destination: ${printableArgument(given)} is no Destination of this app: the gateway responds 400`,
  )
}

/** A WebSocket handshake is evaluated as CONNECT (RFC 8441), which is not a read action. */
function methodOf({ method, origin }: RequestOptions): string {
  const named = (method ?? (origin === undefined ? 'GET' : 'CONNECT')).toUpperCase()
  // RFC 9110 section 9.1: a method is a token; those in use consist of letters, digits, dashes and underscores.
  if (!/^[A-Z][A-Z0-9_-]*$/.test(named))
    throw new InvalidArgument(`--method: ${printableArgument(method)} is not a method`)
  return named
}

const fetchSites = ['same-origin', 'same-site', 'cross-site', 'none']

/** OPTIONS with an origin is a CORS preflight. Throws `InvalidArgument`. */
export function hypotheticalSource(facts: RequestOptions): RequestSource | undefined {
  const site = facts['fetch-site']
  if (site !== undefined && !fetchSites.includes(site)) {
    throw new InvalidArgument(`--fetch-site: ${printableArgument(site)} is none of ${fetchSites.join(', ')}`)
  }
  const fields: Readonly<Record<string, string | undefined>> = {
    origin: facts.origin,
    'sec-fetch-site': site,
    'access-control-request-method': facts.origin === undefined ? undefined : 'POST',
  }
  const method = methodOf(facts)
  const upgrade = method === 'CONNECT' ? 'websocket' : undefined
  // A POST may be a form or a script's: as a form, the answer names both settings.
  const form = { navigation: method === 'POST', framed: false }
  return requestSource({ method, upgrade, contentLength: 0, header: (name) => fields[name], ...form })
}

/** Time zone of times without an offset: the only zone of the schedules the app uses, else that of the gateway. */
export function zoneOf(configuration: Configuration, app: App): string {
  const { require, rules } = app.declaration
  const grants = configuration.grants
    .filter((grant) => grant.app === app.name)
    .flatMap(({ schedule }) => schedule ?? [])
  const names = [require, ...rules.map(({ when }) => when)].flatMap(schedulesOf)
  const zones = new Set([...names, ...grants].flatMap((name) => configuration.schedules.get(name)?.timeZone ?? []))
  return zones.size === 1 ? [...zones][0]! : configuration.gateway.timeZone
}

function schedulesOf(set: ConditionSet): readonly string[] {
  const inner = [...(set.any ?? []), ...(set.not === undefined ? [] : [set.not])]
  return [...(set.schedule ?? []), ...inner.flatMap(schedulesOf)]
}

function identityOf(configuration: Configuration, user: string, facts: RequestOptions, now: number): Identity {
  const stated = user.includes('@') ? foldAddress(user) : undefined
  const provider = providerOf(configuration, facts.provider, stated)
  const email = vouchedEmail({ provider: provider.name, email: stated }, vouchersOf(configuration.providers.values()))
  const age = parseDuration(facts['auth-age'] ?? '0s')
  if (age === undefined) {
    throw new InvalidArgument(
      `--auth-age: ${printableArgument(facts['auth-age'])} is not a duration; write it as 90s, 15m or 8h`,
    )
  }
  const claims = { acr: facts.acr, amr: facts.amr ?? [], auth_time: Math.floor((now - age) / 1000) }
  return {
    subject: {
      provider: provider.name,
      sub: user,
      email,
      name: undefined,
      username: undefined,
      groups: facts.group ?? [],
      groupsComplete: true,
      claims: { ...claimsOf(facts.claim ?? []), ...(email === undefined ? {} : { email: [email] }) },
      external: provider.external,
    },
    authentication: authenticationOf(claims, provider, now),
  }
}

/** Values by name: an option given again adds a value. */
function claimsOf(given: readonly string[]): Record<string, readonly string[]> {
  const claims = new Map<string, string[]>()
  for (const text of given) {
    const equals = text.indexOf('=')
    if (equals < 1)
      throw new InvalidArgument(
        `--claim: ${printableArgument(text)} is not a claim; write NAME=VALUE such as dept=sales`,
      )
    claims.getOrInsertComputed(text.slice(0, equals), () => []).push(text.slice(equals + 1))
  }
  return Object.fromEntries(claims)
}

/** The provider named, else the only one, else the one with the e-mail domain (home realm discovery). */
function providerOf(
  { providers }: Configuration,
  name: string | undefined,
  email: string | undefined,
): ProviderSettings {
  const names = [...providers.keys()]
  if (name !== undefined) {
    const named = providers.get(name)
    if (named !== undefined) return named
    const known = didYouMean(name, names) || `; known providers: ${names.join(', ')}`
    throw new InvalidArgument(`--provider: unknown provider "${printableArgument(name)}"${known}`)
  }
  const domain = email?.slice(email.lastIndexOf('@') + 1)
  const all = [...providers.values()]
  const matching =
    all.length === 1 ? all : all.filter(({ domains }) => domain !== undefined && domains.includes(domain))
  if (matching.length !== 1) throw new InvalidArgument(`missing --provider; known providers: ${names.join(', ')}`)
  return matching[0]!
}

type MomentOf = (option: string, text: string) => number

function grantsOf(
  configuration: Configuration,
  app: App,
  { subject }: Identity,
  given: readonly string[],
  momentOf: MomentOf,
): Grant[] {
  const who = subjectKey(subject)
  const keys = [who, ...(subject.email === undefined ? [] : [`${subject.provider}|mailto:${subject.email}`])]
  const declared = configuration.grants.filter((grant) => grant.app === app.name && keys.includes(grant.who))
  return [...declared, ...given.map((text, index) => grantOf(text, `given-${index + 1}`, who, app.name, momentOf))]
}

function grantOf(text: string, id: string, who: string, app: string, momentOf: MomentOf): Grant {
  const [level, from, until, ...more] = text.split(',')
  if ((level !== 'read' && level !== 'full') || from === undefined || until === undefined || more.length > 0) {
    throw new InvalidArgument(
      `--grant: ${printableArgument(text)} is not a grant; write LEVEL,FROM,UNTIL such as full,2026-12-01T08:00,2026-12-15T18:00`,
    )
  }
  const times = { from: momentOf('--grant', from), until: momentOf('--grant', until) }
  if (times.until <= times.from) throw new InvalidArgument(`--grant: ${printableArgument(text)} ends before it begins`)
  const origin = { origin: 'runtime', givenBy: 'explain', revokedAt: undefined } as const
  return { id, who, app, level, ...times, schedule: undefined, sponsor: undefined, reason: undefined, ...origin }
}
