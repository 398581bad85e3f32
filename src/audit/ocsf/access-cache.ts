// What of an access line is the same from request to request of one person at one app: put into JSON once, remembered with
// what it was made from. Records are never changed after they were made (`readonly` everywhere), so their JSON stays right.

import type { Absence, AccessRequest } from '../../policy/access-request.ts'
import type { Decision } from '../../policy/decision.ts'
import { grantsInput, namesInput } from '../decision-input.ts'
import type { AuditEvent } from '../event.ts'
import { instant, json, optional, text } from '../json-fragments.ts'
import { actorObject, sourceEndpoint, splitHost } from './objects.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

/** What of the line is the same for every request one decision is the answer to, and what it was made from. */
export interface Told {
  readonly of: Facts
  /** From the actor to the client's address, its port left open. */
  readonly who: string
  /** App and policy, up to the id of the HTTP request. */
  readonly where: string
  /** Up to the path. */
  readonly url: string
  /** The decision input up to the method. */
  readonly input: string
  readonly decision: string
}

/** The facts of a decision that are the same from request to request; method, path and time are written each time. */
type SharedInput = Omit<AccessRequest, 'method' | 'path' | 'now'>

/** What a part of a line was made from: of the event only this, which would hold its whole request in memory. */
interface Facts extends Pick<Access, 'actor' | 'app' | 'configuration'> {
  readonly address: string | undefined
  readonly host: string
  readonly scheme: string
  readonly input: SharedInput
}

function factsOf({ actor, app, configuration, origin, request, input }: Access): Facts {
  const { method: _method, path: _path, now: _now, ...shared } = input
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
  /** By identity, where facts are objects: a change makes new ones. */
  readonly same: (known: SharedInput, input: SharedInput) => boolean
  /** Its member of the JSON object, with a comma behind unless it is the last. */
  readonly member: (input: SharedInput) => string
}

/** In the order of the log. A fact without a row does not compile: the recorded input would be incomplete, or stale. */
const sharedFacts: { readonly [Fact in keyof Required<SharedInput>]: SharedFact } = {
  identity: {
    same: ({ identity: known }, { identity }) =>
      known?.subject === identity?.subject && known?.authentication === identity?.authentication,
    member: ({ identity }) =>
      identity === undefined
        ? ''
        : `"identity":{"subject":${json(identity.subject)},"authentication":${json(identity.authentication)}},`,
  },
  absence: {
    same: (known, input) => known.absence === input.absence,
    member: ({ absence }) => `"absence":"${absence satisfies Absence}",`,
  },
  device: {
    same: (known, input) => known.device === input.device,
    member: ({ device }) => `"device":${json(device)},`,
  },
  grants: {
    same: (known, input) => known.grants === input.grants,
    member: ({ grants }) => `"grants":${grants.length === 0 ? '[]' : json(grantsInput(grants))},`,
  },
  network: {
    same: ({ network: known }, { network }) => known.names === network.names && known.address === network.address,
    member: ({ network }) => `"network":{"address":${text(network.address)},"names":${networkNames(network.names)}},`,
  },
}

const sharedRows = Object.values(sharedFacts)

/** Many requests have the same set of names: its JSON is made once. */
const networkNames = remembered((set: ReadonlySet<string>) => json(namesInput(set)))

/** By identity, where facts are objects: whoever changes facts makes new ones. */
export function isAbout({ of }: Told, event: Access): boolean {
  const { input, origin, request } = event
  return (
    of.actor === event.actor &&
    of.app === event.app &&
    of.configuration === event.configuration &&
    of.address === origin.address &&
    of.host === request.host &&
    of.scheme === request.scheme &&
    sharedRows.every(({ same }) => same(of.input, input))
  )
}

export function createTelling(): (event: Access) => Told {
  // Only what many have in common: what is one person's is in the parts that are remembered with the decision.
  const host = rememberedText(hostJson)

  return (event) => {
    const { decision, input, origin, request } = event
    const { endpoint, url } = host(request.host)
    const { ip, name } = sourceEndpoint(origin)
    return {
      of: factsOf(event),
      who: flat(
        `,"actor":${json(actorObject(event.actor))}${device(input)},"src_endpoint":`,
        ip === undefined ? `{"name":${text(name ?? 'unknown')}` : `{"ip":${text(ip)}`,
      ),
      where: flat(
        `,"dst_endpoint":{"svc_name":${text(event.app)}${endpoint}}`,
        `,"policy":{"uid":${text(decision.rule ?? 'default')},"version":${text(event.configuration)}`,
        `,"is_applied":${decision.monitored === undefined}},"http_request":{"uid":`,
      ),
      url: flat(`,"url":{"scheme":${text(request.scheme)}${url},"path":`),
      input: flat(',"unmapped":{"decision_input":{', ...sharedRows.map(({ member }) => member(input)), '"method":'),
      decision: flat(`,"decision":${decisionJson(decision)}`),
    }
  }
}

/** In one piece: what is concatenated stays a tree that is walked each time it is read. */
function flat(...parts: readonly string[]): string {
  return parts.join('')
}

function device({ device }: AccessRequest): string {
  if (device.state !== 'known') return ''
  const { posture } = device
  return (
    `,"device":{"uid":${text(posture.deviceId)},"type_id":0,"type":"Unknown"` +
    (posture.managed === undefined ? '' : `,"is_managed":${posture.managed}`) +
    (posture.compliant === undefined ? '' : `,"is_compliant":${posture.compliant}`) +
    '}'
  )
}

function hostJson(value: string): { readonly endpoint: string; readonly url: string } {
  const { hostname, ip, port } = splitHost(value)
  const number = port === undefined ? '' : `,"port":${port}`
  return {
    endpoint: optional('hostname', hostname) + optional('ip', ip) + number,
    url: optional('hostname', hostname) + number,
  }
}

function decisionJson(decision: Decision): string {
  return (
    `{"effect":"${decision.effect}"${optional('rule', decision.rule)},"valid_until":${instant(decision.validUntil)}` +
    (decision.reasons.length === 0 ? '' : `,"reasons":${json(decision.reasons)}`) +
    (decision.remedy === undefined ? '' : `,"remedy":"${decision.remedy.kind}"`) +
    optional('grant', decision.grant) +
    (decision.monitored === undefined ? '' : `,"monitored":"${decision.monitored}"`) +
    (decision.limits.download === undefined && decision.limits.upload === undefined
      ? ''
      : `,"limits":${json(decision.limits)}`) +
    '}'
  )
}

function remembered<T extends object>(write: (value: T) => string): (value: T) => string {
  const known = new WeakMap<T, string>()
  return (value) => {
    const found = known.get(value)
    if (found !== undefined) return found
    const written = write(value)
    known.set(value, written)
    return written
  }
}

/** The same few hosts again and again; what a stranger may make up is forgotten before it fills memory. */
function rememberedText<T>(make: (value: string) => T): (value: string) => T {
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
