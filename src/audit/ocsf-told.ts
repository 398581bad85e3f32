// What of an access line is the same from request to request of one person at one app: put into JSON once, remembered with
// what it was made from. Records are never changed after they were made (`readonly` everywhere), so their JSON stays right.

import type { Absence, AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import { grantsInput, namesInput } from './decision-input.ts'
import type { AuditEvent } from './event.ts'
import { instant, json, optional, text } from './json-text.ts'
import { actorObject, sourceEndpoint, splitHost } from './ocsf-objects.ts'

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

/** What a part of a line was made from: of the event only this, which would hold its whole request in memory. */
interface Facts extends Pick<Access, 'actor' | 'app' | 'configuration'> {
  readonly address: string | undefined
  readonly host: string
  readonly scheme: string
  readonly input: Pick<AccessRequest, 'absence' | 'device' | 'grants' | 'network'>
  readonly identity: AccessRequest['identity']
}

function factsOf({ actor, app, configuration, origin, request, input }: Access): Facts {
  const { absence, device, grants, network, identity } = input
  return {
    actor,
    app,
    configuration,
    address: origin.address,
    host: request.host,
    scheme: request.scheme,
    input: { absence, device, grants, network },
    identity,
  }
}

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
    of.identity?.subject === input.identity?.subject &&
    of.identity?.authentication === input.identity?.authentication &&
    of.input.absence === input.absence &&
    of.input.device === input.device &&
    of.input.grants === input.grants &&
    of.input.network.names === input.network.names &&
    of.input.network.address === input.network.address
  )
}

export function createTelling(): (event: Access) => Told {
  // Only what many have in common: what is one person's is in the parts that are remembered with the decision.
  const names = remembered((set: ReadonlySet<string>) => json(namesInput(set)))
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
      input: flat(
        ',"unmapped":{"decision_input":{',
        input.identity === undefined
          ? ''
          : `"identity":{"subject":${json(input.identity.subject)},` +
              `"authentication":${json(input.identity.authentication)}},`,
        `"absence":"${input.absence satisfies Absence}","device":${json(input.device)}`,
        `,"grants":${input.grants.length === 0 ? '[]' : json(grantsInput(input.grants))}`,
        `,"network":{"address":${text(input.network.address)},"names":${names(input.network.names)}},"method":`,
      ),
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
