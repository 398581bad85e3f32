// HTTP Activity (4002) for one decision, written by hand: this line is made for every request.
// What does not change from request to request of a session is put into JSON once and remembered with its object:
// records are never changed after they were made (`readonly` everywhere), so their JSON stays right.

import type { Absence, AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import { printable } from '../telemetry/printable.ts'
import { grantsInput, moment, namesInput } from './decision-input.ts'
import type { AuditEvent } from './event.ts'
import {
  actorObject,
  cutUserAgent,
  ocsfVersion,
  product,
  profiles,
  sourceEndpoint,
  splitHost,
  whole,
  type Stamp,
} from './ocsf-objects.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

export function createAccessLine(): (event: Access, stamp: Stamp) => string {
  const record = remembered<object>(json)
  const actor = remembered((value: Access['actor']) => json(actorObject(value)))
  const listOfGrants = remembered((list: AccessRequest['grants']) => json(grantsInput(list)))
  const names = remembered((set: ReadonlySet<string>) => json(namesInput(set)))
  const host = rememberedText(hostJson)
  return accessLine

  function accessLine(event: Access, stamp: Stamp): string {
    const { decision, origin, request, result } = event
    const { endpoint, url } = host(request.host)
    const [activity, activityName] = activities.get(request.method) ?? ([99, undefined] as const)
    const bytesIn = whole(result.bytesIn)
    const bytesOut = whole(result.bytesOut)
    return (
      `{"class_uid":4002,"class_name":"HTTP Activity","category_uid":4,"activity_id":${activity}` +
      `,"activity_name":${activityName === undefined ? text(request.method) : `"${activityName}"`}` +
      `,"type_uid":${400_200 + activity},"time":${whole(event.at)}${verdict(event)}` +
      optional('status_detail', result.reason ?? decision.reasons[0]?.code) +
      `,"metadata":{"version":"${ocsfVersion}","product":${productJson},"profiles":${profilesJson},"log_name":"audit"` +
      `,"reporter":{"name":"einlass","uid":${text(stamp.instance)}},"uid":"${stamp.uid}","sequence":${stamp.sequence}` +
      `,"correlation_uid":${text(origin.requestId)}}` +
      `,"actor":${actor(event.actor)}` +
      device(event.input) +
      `,"src_endpoint":${source(event)}` +
      `,"dst_endpoint":{"svc_name":${text(event.app)}${endpoint}}` +
      `,"policy":{"uid":${text(decision.rule ?? 'default')},"version":${text(event.configuration)}` +
      `,"is_applied":${decision.monitored === undefined}}` +
      `,"http_request":{"uid":${text(origin.requestId)}` +
      (activity === 99 ? '' : `,"http_method":"${request.method}"`) +
      `,"url":{"scheme":${text(request.scheme)}${url},"path":${text(request.path)}}` +
      `,"version":${text(request.version)}${optional('user_agent', cutUserAgent(origin.userAgent))}}` +
      (result.status > 0
        ? `,"http_response":{"code":${whole(result.status)},"latency":${whole(result.duration)}}` +
          `,"http_status":${whole(result.status)}`
        : '') +
      `,"traffic":{"bytes":${bytesIn + bytesOut},"bytes_in":${bytesIn},"bytes_out":${bytesOut}}` +
      `,"duration":${whole(result.duration)}` +
      `,"unmapped":{"decision_input":${inputJson(event.input)},"decision":${decisionJson(decision)}` +
      `,"end":"${result.end}"${optional('upstream', result.upstream)}${optional('upgrade', request.upgrade)}` +
      (activity === 99 ? `,"method":${text(request.method)}` : '') +
      '}}'
    )
  }

  function inputJson(input: AccessRequest): string {
    return (
      '{' +
      (input.identity === undefined
        ? ''
        : `"identity":{"subject":${record(input.identity.subject)},` +
          `"authentication":${record(input.identity.authentication)}},`) +
      `"absence":"${input.absence satisfies Absence}","device":${record(input.device)},"grants":${input.grants.length === 0 ? '[]' : listOfGrants(input.grants)}` +
      `,"network":{"address":${text(input.network.address)},"names":${names(input.network.names)}}` +
      `,"method":${text(input.method)},"path":${text(input.path)},"now":${instant(input.now)}}`
    )
  }
}

const activities: ReadonlyMap<string, readonly [number, string]> = new Map([
  ['CONNECT', [1, 'Connect']],
  ['DELETE', [2, 'Delete']],
  ['GET', [3, 'Get']],
  ['HEAD', [4, 'Head']],
  ['OPTIONS', [5, 'Options']],
  ['POST', [6, 'Post']],
  ['PUT', [7, 'Put']],
  ['TRACE', [8, 'Trace']],
  ['PATCH', [9, 'Patch']],
])

const productJson = JSON.stringify(product)
const profilesJson = JSON.stringify(profiles)

/** Severity, status, action and disposition: what was decided, and how it then ended. */
function verdict({ decision, result }: Access): string {
  const allowed = decision.effect === 'allow'
  const succeeded = allowed && result.end !== 'upstream_failed' && result.end !== 'cut'
  const status = succeeded ? '"status_id":1,"status":"Success"' : '"status_id":2,"status":"Failure"'
  const severity = decision.effect === 'deny' || result.end === 'cut' || decision.monitored !== undefined ? 2 : 1
  return `,"severity_id":${severity},${status},${disposition(decision, result.end)}`
}

function disposition(decision: Decision, end: Access['result']['end']): string {
  if (decision.effect === 'deny') return '"action_id":2,"action":"Denied","disposition_id":2,"disposition":"Blocked"'
  if (decision.effect === 'challenge') {
    return '"action_id":2,"action":"Denied","disposition_id":23,"disposition":"Challenge"'
  }
  if (end === 'cut') return '"action_id":2,"action":"Denied","disposition_id":24,"disposition":"Access Revoked"'
  if (decision.monitored !== undefined) {
    return '"action_id":3,"action":"Observed","disposition_id":17,"disposition":"Logged"'
  }
  return '"action_id":1,"action":"Allowed","disposition_id":1,"disposition":"Allowed"'
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

function source({ origin }: Access): string {
  return json(sourceEndpoint(origin))
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

function instant(time: number): string {
  return Number.isFinite(time) ? String(time) : `"${moment(time)}"`
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${text(value)}`
}

const needsCare = /[^\x20-\x7e]|["\\]/

function text(value: string): string {
  return needsCare.test(value) ? json(value) : `"${value}"`
}

function json(value: unknown): string {
  return printable(JSON.stringify(value))
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
