// Reads the first application: address inside, name, address for people, and who may use it.

import { parseOrigin, splitUpstreamPath } from '../../config/address.ts'
import { parseUpstreamOrigin, upstreamEndpoint } from '../../config/upstream-origin.ts'
import { upstreamRefusal } from '../../config/upstream-addresses.ts'
import { emailOf } from '../../identity/users/email.ts'
import { asciiDomain } from '../../net/domain-names.ts'
import { accepted, rejected, type Read } from './answer.ts'
import type { Messages } from './messages/en.ts'
import { probeUpstream } from './probe-upstream.ts'
import { dnsRemark, withScheme, type GatewayAddress } from './read-domain.ts'
import { canOrder, type Certificate } from './read-certificate.ts'
import { readText } from './read-text.ts'

export interface Upstream {
  /** As it is written. */
  readonly to: string
  /** First label of its host where that is a name; undefined for addresses and sockets. */
  readonly nameHint: string | undefined
}

/** Any of these. Never empty as a whole. */
export interface Audience {
  readonly groups: readonly string[]
  readonly domains: readonly string[]
  readonly users: readonly string[]
}

export function readUpstream(t: Messages, gateway: GatewayAddress): Read<Upstream> {
  const listener = { host: gateway.secure ? '0.0.0.0' : '127.0.0.1', port: gateway.port, tls: undefined }
  const refusal = upstreamRefusal({ listen: [listener], operations: undefined })
  return async (text) => {
    if (text === '') return rejected(t.needed)
    const to = /^[a-z0-9]+:\//i.test(text) ? text : `http://${text}`
    const split = splitUpstreamPath(to)
    const parsed = split.ok ? parseUpstreamOrigin(split.origin) : split
    if (!parsed.ok) return rejected(parsed.message)
    const { hostname, port, socketPath } = upstreamEndpoint(parsed.origin)
    const why = socketPath === undefined ? refusal(hostname, port) : undefined
    if (why !== undefined) return rejected(t.application.ownAddress(why))
    const remark = await probeUpstream(parsed.origin, t)
    const label = /^[a-z][a-z0-9-]*/i.exec(hostname)?.[0]
    return accepted({ to, nameHint: label === 'localhost' ? undefined : label }, [remark])
  }
}

/** `title`: as typed. `name`: the key under `apps`, and the label of its host. */
export function readApplicationName(t: Messages): Read<{ readonly title: string; readonly name: string }> {
  return (text) => {
    const title = readText(t)(text)
    if (!title.ok) return title
    const name = nameOf(title.value)
    return name === '' ? rejected(t.application.noName) : accepted({ title: title.value, name })
  }
}

/** Letters, digits and hyphens: `Lager & Versand` is `lager-versand`. */
function nameOf(title: string): string {
  const plain = title
    .toLowerCase()
    .replaceAll('ä', 'ae')
    .replaceAll('ö', 'oe')
    .replaceAll('ü', 'ue')
    .replaceAll('ß', 'ss')
  const letters = plain.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  return letters
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
}

/** Beside the gateway: `access.example.com` and `wiki` make `https://wiki.example.com`. */
export function usualAddress(name: string, { origin, hostname }: GatewayAddress): string {
  const parent = hostname.split('.').slice(1).join('.')
  // `localhost` itself has no name beside it.
  const host = parent === '' ? `${name}.${hostname}` : `${name}.${parent}`
  const url = new URL(origin)
  url.hostname = host
  return url.origin
}

export function readPublicAddress(t: Messages, gateway: GatewayAddress, certificate: Certificate): Read<string> {
  return async (text) => {
    const parsed = parseOrigin(withScheme(text), 'loopback')
    if (!parsed.ok) return rejected(t.domain.invalid(parsed.message))
    if (parsed.hostname === gateway.hostname) return rejected(t.application.sameHost)
    if (parsed.secure !== gateway.secure) return rejected(t.application.plainHttp)
    const port = Number(new URL(parsed.origin).port) || (parsed.secure ? 443 : 80)
    if (port !== gateway.port) return rejected(t.application.otherPort(String(gateway.port)))
    if (certificate.kind === 'acme' && !canOrder(parsed.hostname, certificate.authority)) {
      return rejected(t.certificate.noAcme(parsed.hostname))
    }
    const remark = await dnsRemark(parsed.hostname, t)
    return accepted(parsed.origin, remark === undefined ? [] : [remark])
  }
}

/** `staff, @example.com, kim@example.com`. A group whose name has a comma or an @ is given by its option. */
export function readAudience(t: Messages): Read<Audience> {
  return (text) => {
    const parts = text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
    const groups = parts.filter((part) => !part.includes('@'))
    const domains = parts.filter((part) => part.startsWith('@')).map((part) => part.slice(1))
    const users = parts.filter((part) => part.includes('@') && !part.startsWith('@'))
    return checkAudience(t, { groups, domains, users })
  }
}

export function checkAudience(t: Messages, audience: Audience): ReturnType<Read<Audience>> {
  if ([...audience.groups, ...audience.domains, ...audience.users].length === 0) return rejected(t.needed)
  for (const text of [...audience.groups, ...audience.domains, ...audience.users]) {
    const read = readText(t)(text)
    if (!read.ok) return read
  }
  const domain = audience.domains.find((one) => !isDomain(one))
  if (domain !== undefined) return rejected(t.application.whoDomain(domain))
  const mail = audience.users.find((one) => emailOf(one) === undefined)
  return mail === undefined ? accepted(audience) : rejected(t.application.whoMail(mail))
}

export function isDomain(text: string): boolean {
  return /^(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(asciiDomain(text) ?? '')
}
