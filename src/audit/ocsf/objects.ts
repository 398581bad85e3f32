// OCSF 1.8 objects shared by event classes: user, actor, session, endpoints, metadata.

import { isIP } from 'node:net'
import manifest from '../../../package.json' with { type: 'json' }
import type { Actor, Origin } from '../event.ts'
import { never } from '../../policy/never.ts'

/** Metadata that the recorder adds to an event. */
export interface Stamp {
  /** UUID version 7, unique for each line. */
  readonly uid: string
  /** Consecutive within one process; each gap by lost events is covered by a finding. */
  readonly sequence: number
  /** Id of the process, which distinguishes the sequences of several nodes. */
  readonly instance: string
  /** Hash of the active configuration, for events without one of their own. */
  readonly configuration: string | undefined
}

export const product = { name: 'Einlass', vendor_name: 'Einlass', version: manifest.version } as const
/** `actor` and `device` belong to the profile host, `policy`, `action_id`, `disposition_id` to security_control. */
export const profiles = ['host', 'security_control'] as const
export const ocsfVersion = '1.8.0'

export function metadata(stamp: Stamp, correlation: string | undefined) {
  return {
    version: ocsfVersion,
    product,
    profiles,
    log_name: 'audit',
    reporter: { name: 'einlass', uid: stamp.instance },
    uid: stamp.uid,
    sequence: stamp.sequence,
    correlation_uid: correlation,
  }
}

export function actorObject(actor: Actor) {
  switch (actor.kind) {
    case 'person':
      return {
        user: userObject(actor),
        session: actor.session === undefined ? undefined : { uid: actor.session, issuer: actor.provider },
        idp: { name: actor.provider },
      }
    case 'administrator':
      return { user: { name: actor.name, uid: actor.name, type_id: 2, type: 'Admin' } }
    case 'system':
      return { user: { name: 'einlass', uid: 'einlass', type_id: 3, type: 'System' }, app_name: 'einlass' }
    case 'stranger':
      return { user: anonymousUser }
    default:
      return never(actor)
  }
}

export const anonymousUser = { name: 'anonymous', type_id: 0, type: 'Unknown' } as const

export function userObject(actor: Extract<Actor, { kind: 'person' }>) {
  return {
    uid: `${actor.provider}|${actor.sub}`,
    name: actor.email ?? actor.name ?? actor.sub,
    domain: actor.provider,
    email_addr: emailAddress(actor.email),
    full_name: actor.name,
    groups: actor.groups?.map((name) => ({ name })),
    type_id: 1,
    type: 'User',
  }
}

/** User that an authentication or a grant refers to. */
export function userOf(actor: Actor) {
  return actor.kind === 'person' ? userObject(actor) : actorObject(actor).user
}

/** A grant's `who`: `provider|sub` or `provider|mailto:address`. */
export function granteeObject(who: string) {
  const name = who.slice(who.indexOf('|') + 1)
  const mailbox = name.startsWith('mailto:') ? name.slice('mailto:'.length) : undefined
  return {
    uid: who,
    name: mailbox ?? name,
    domain: who.includes('|') ? who.slice(0, who.indexOf('|')) : undefined,
    email_addr: emailAddress(mailbox),
    type_id: 1,
    type: 'User',
  }
}

export function sourceEndpoint(origin: Origin) {
  const address = isIP(origin.address) !== 0
  return {
    ip: address ? origin.address : undefined,
    name: address ? undefined : origin.address || 'unknown',
    port: portNumber(origin.port),
  }
}

/** `host` as in the Host header. */
export function splitHost(host: string): {
  hostname: string | undefined
  ip: string | undefined
  port: number | undefined
} {
  const colon = host.lastIndexOf(':')
  const hasPort = colon > host.lastIndexOf(']') && colon !== -1
  const name = hasPort ? host.slice(0, colon) : host
  const bare = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
  return {
    hostname: isIP(bare) === 0 && hostname.test(bare) ? bare : undefined,
    ip: isIP(bare) === 0 ? undefined : bare,
    port: hasPort ? portNumber(Number(host.slice(colon + 1) || Number.NaN)) : undefined,
  }
}

/** RFC 9110 section 10.1.5 sets no limit; this one bounds the line. */
export function cutUserAgent(userAgent: string | undefined): string | undefined {
  return userAgent === undefined || userAgent.length <= 512 ? userAgent : userAgent.slice(0, 512)
}

/** Non-negative integer, as OCSF requires; a clock that runs backwards must not invalidate an event. */
export function whole(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.trunc(value)) : 0
}

export function portNumber(port: number | undefined): number | undefined {
  return port !== undefined && Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined
}

/** OCSF `email_t` is ASCII; other addresses appear in `name` only. */
function emailAddress(email: string | undefined): string | undefined {
  return email !== undefined && mailbox.test(email) ? email : undefined
}

const mailbox = /^[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9.-]+$/
const hostname =
  /^(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
