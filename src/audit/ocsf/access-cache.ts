// Caches the JSON parts of HTTP Activity lines that are equal for all requests under one decision, keyed by the facts they
// were made from. Those facts are immutable (`readonly` throughout), so identity comparison suffices.

import type { Absence, AccessRequest } from '../../policy/access-request.ts'
import type { Decision } from '../../policy/decision.ts'
import { grantsInput, namesInput } from '../decision-input.ts'
import type { AuditEvent } from '../event.ts'
import { jsonTime, jsonValue, optionalMember, jsonString } from '../json-fragments.ts'
import { actorObject, sourceEndpoint, splitHost } from './objects.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

/** JSON parts shared by all requests under one decision, with the facts they were made from. */
export interface CachedAccess {
  readonly key: AccessFacts
  /** From the actor to the client address, up to its port. */
  readonly who: string
  /** App and policy, up to the id of the HTTP request. */
  readonly where: string
  /** Up to the path. */
  readonly url: string
  /** The decision input up to the method. */
  readonly input: string
  readonly decision: string
}

/** Facts that are equal from request to request; method, paths and time are serialized each time. */
type SharedInput = Omit<AccessRequest, 'method' | 'path' | 'destination' | 'now'>

/** Facts a cached part was made from; a copy, as the event would retain its whole request in memory. */
interface AccessFacts extends Pick<Access, 'actor' | 'app' | 'configuration'> {
  readonly address: string | undefined
  readonly host: string
  readonly scheme: string
  readonly input: SharedInput
}

function factsOf({ actor, app, configuration, origin, request, input }: Access): AccessFacts {
  const { method: _method, path: _path, destination: _destination, now: _now, ...shared } = input
  return {
    actor,
    app,
    configuration,
    address: origin.address,
    host: request.host,
    scheme: request.scheme,
    input: shared,
  }
}

interface SharedFact {
  /** Compares objects by identity: a change creates a new object. */
  readonly equal: (known: SharedInput, input: SharedInput) => boolean
  /** Member of the JSON object, with a trailing comma unless it is the last. */
  readonly member: (input: SharedInput) => string
}

/** In the order of the log. A fact without a row does not compile, as the recorded input would be incomplete or stale. */
const sharedFacts: { readonly [Fact in keyof Required<SharedInput>]: SharedFact } = {
  identity: {
    equal: ({ identity: known }, { identity }) =>
      known?.subject === identity?.subject && known?.authentication === identity?.authentication,
    member: ({ identity }) =>
      identity === undefined
        ? ''
        : `"identity":{"subject":${jsonValue(identity.subject)},"authentication":${jsonValue(identity.authentication)}},`,
  },
  absence: {
    equal: (known, input) => known.absence === input.absence,
    member: ({ absence }) => `"absence":"${absence satisfies Absence}",`,
  },
  device: {
    equal: (known, input) => known.device === input.device,
    member: ({ device }) => `"device":${jsonValue(device)},`,
  },
  grants: {
    equal: (known, input) => known.grants === input.grants,
    member: ({ grants }) => `"grants":${grants.length === 0 ? '[]' : jsonValue(grantsInput(grants))},`,
  },
  network: {
    equal: ({ network: known }, { network }) => known.names === network.names && known.address === network.address,
    member: ({ network }) =>
      `"network":{${network.address === undefined ? '' : `"address":${jsonString(network.address)},`}"names":${networkNames(network.names)}},`,
  },
}

const sharedRows = Object.values(sharedFacts)

/** Many requests share a set of names, so its JSON is cached. */
const networkNames = memoize((set: ReadonlySet<string>) => jsonValue(namesInput(set)))

/** Whether the cached parts were made from the facts of this event. Compares objects by identity. */
export function matchesFacts({ key }: CachedAccess, event: Access): boolean {
  const { input, origin, request } = event
  return (
    key.actor === event.actor &&
    key.app === event.app &&
    key.configuration === event.configuration &&
    key.address === origin.address &&
    key.host === request.host &&
    key.scheme === request.scheme &&
    sharedRows.every(({ equal }) => equal(key.input, input))
  )
}

export function createCachedAccess(): (event: Access) => CachedAccess {
  // Cached across users; parts of a single user are cached with the decision.
  const host = memoizeText(hostJson)

  return (event) => {
    const { decision, input, origin, request } = event
    const { endpoint, url } = host(request.host)
    const { ip, name } = sourceEndpoint(origin)
    return {
      key: factsOf(event),
      who: flat(
        `,"actor":${jsonValue(actorObject(event.actor))}${device(input)},"src_endpoint":`,
        ip === undefined ? `{"name":${jsonString(name ?? 'unknown')}` : `{"ip":${jsonString(ip)}`,
      ),
      where: flat(
        `,"dst_endpoint":{"svc_name":${jsonString(event.app)}${endpoint}}`,
        `,"policy":{"uid":${jsonString(decision.rule ?? 'default')},"version":${jsonString(event.configuration)}`,
        `,"is_applied":${decision.monitored === undefined}},"http_request":{"uid":`,
      ),
      url: flat(`,"url":{"scheme":${jsonString(request.scheme)}${url},"path":`),
      input: flat(',"unmapped":{"decision_input":{', ...sharedRows.map(({ member }) => member(input)), '"method":'),
      decision: flat(`,"decision":${decisionJson(decision)}`),
    }
  }
}

/** A flat string: V8 keeps concatenated strings as a tree (rope) that every read would walk. */
function flat(...parts: readonly string[]): string {
  return parts.join('')
}

function device({ device }: AccessRequest): string {
  if (device.state !== 'known') return ''
  const { posture } = device
  return (
    `,"device":{"uid":${jsonString(posture.deviceId)},"type_id":0,"type":"Unknown"` +
    (posture.managed === undefined ? '' : `,"is_managed":${posture.managed}`) +
    (posture.compliant === undefined ? '' : `,"is_compliant":${posture.compliant}`) +
    '}'
  )
}

function hostJson(value: string): { readonly endpoint: string; readonly url: string } {
  const { hostname, ip, port } = splitHost(value)
  const number = port === undefined ? '' : `,"port":${port}`
  return {
    endpoint: optionalMember('hostname', hostname) + optionalMember('ip', ip) + number,
    url: optionalMember('hostname', hostname) + number,
  }
}

function decisionJson(decision: Decision): string {
  return (
    `{"effect":"${decision.effect}"${optionalMember('rule', decision.rule)},"valid_until":${jsonTime(decision.validUntil)}` +
    (decision.reasons.length === 0 ? '' : `,"reasons":${jsonValue(decision.reasons)}`) +
    (decision.remedy === undefined ? '' : `,"remedy":"${decision.remedy.kind}"`) +
    optionalMember('grant', decision.grant) +
    optionalMember('source_grant', decision.sourceGrant) +
    (decision.monitored === undefined ? '' : `,"monitored":"${decision.monitored}"`) +
    (decision.observed === undefined ? '' : `,"observed":${jsonValue(decision.observed)}`) +
    (decision.limits.download === undefined && decision.limits.upload === undefined
      ? ''
      : `,"limits":${jsonValue(decision.limits)}`) +
    '}'
  )
}

function memoize<T extends object>(write: (value: T) => string): (value: T) => string {
  const known = new WeakMap<T, string>()
  return (value) => {
    const found = known.get(value)
    if (found !== undefined) return found
    const written = write(value)
    known.set(value, written)
    return written
  }
}

/** Bounded cache: hosts are few, but a client can invent any number of them. */
function memoizeText<T>(make: (value: string) => T): (value: string) => T {
  const known = new Map<string, T>()
  return (value) => {
    const found = known.get(value)
    if (found !== undefined) return found
    if (known.size >= 256) known.clear()
    const made = make(value)
    known.set(value, made)
    return made
  }
}
