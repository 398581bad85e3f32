// Serializes OCSF HTTP Activity (4002) for one decision; hand-written JSON, as this runs for every request.

import type { Decision } from '../../policy/decision.ts'
import type { AuditEvent } from '../event.ts'
import { jsonTime, optionalMember, jsonString } from '../json-fragments.ts'
import { cutUserAgent, ocsfVersion, portNumber, product, profiles, whole, type Stamp } from './objects.ts'
import { createCachedAccess, matchesFacts, type CachedAccess } from './access-cache.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

export function createAccessLine(): (event: Access, stamp: Stamp) => string {
  const createCached = createCachedAccess()
  const known = new Map<Decision, CachedAccess>()
  /** Epoch milliseconds at which the cache was last cleared. */
  let since = 0
  let metadata = { instance: '', text: '' }

  /** Caches allows only, as they are reused during their lease; most denials are new each time. */
  const cachedOf = (event: Access): CachedAccess => {
    if (event.decision.effect !== 'allow' || event.actor.kind !== 'person') return createCached(event)
    const found = known.get(event.decision)
    if (found !== undefined && matchesFacts(found, event)) return found
    if (known.size >= maxCacheEntries || Math.abs(event.at - since) >= cacheFor) {
      known.clear()
      since = event.at
    }
    const created = createCached(event)
    known.set(event.decision, created)
    return created
  }

  return (event, stamp) => {
    const { decision, input, origin, request, result } = event
    const cached = cachedOf(event)
    if (metadata.instance !== stamp.instance) metadata = { instance: stamp.instance, text: metadataOf(stamp.instance) }
    const activity = activities.get(request.method)
    const method = activity?.method ?? jsonString(request.method)
    const id = jsonString(origin.requestId)
    const path = jsonString(request.path)
    const bytesIn = whole(result.bytesIn)
    const bytesOut = whole(result.bytesOut)
    const duration = whole(result.duration)
    const code = result.status > 0 ? whole(result.status) : undefined
    // `join` yields a flat string; concatenation would be copied once more before writing.
    return [
      activity?.begins ?? `${otherBegins}${method},"type_uid":400299,"time":`,
      whole(event.at),
      accessOutcome(decision, result.end),
      optionalMember('status_detail', result.reason ?? decision.reasons[0]?.code),
      metadata.text,
      stamp.uid,
      '","sequence":',
      stamp.sequence,
      ',"correlation_uid":',
      id,
      '}',
      cached.who,
      port(origin.port),
      '}',
      cached.where,
      id,
      activity === undefined ? '' : ',"http_method":',
      activity === undefined ? '' : method,
      cached.url,
      path,
      '},"version":',
      jsonString(request.version),
      optionalMember('user_agent', cutUserAgent(origin.userAgent)),
      '}',
      code === undefined ? '' : `,"http_response":{"code":${code},"latency":${duration}},"http_status":${code}`,
      `,"traffic":{"bytes":${bytesIn + bytesOut},"bytes_in":${bytesIn},"bytes_out":${bytesOut}},"duration":${duration}`,
      cached.input,
      input.method === request.method ? method : jsonString(input.method),
      ',"path":',
      input.path === request.path ? path : jsonString(input.path),
      input.destination === undefined ? '' : `,"destination":${jsonString(input.destination)}`,
      ',"now":',
      jsonTime(input.now),
      '}',
      cached.decision,
      ',"end":"',
      result.end,
      '"',
      optionalMember('upstream', result.upstream),
      optionalMember('upgrade', request.upgrade),
      activity === undefined ? `,"method":${method}` : '',
      '}}',
    ].join('')
  }
}

/**
 * Cache of decisions, about 4 KB each including the session. Expired decisions never recur, so the cache is cleared once a
 * minute, the default lease.
 */
const maxCacheEntries = 2000
const cacheFor = 60_000

/** Start of the line for a method, and the method as JSON. */
interface Activity {
  readonly begins: string
  readonly method: string
}

const activities: ReadonlyMap<string, Activity> = new Map(
  ['Connect', 'Delete', 'Get', 'Head', 'Options', 'Post', 'Put', 'Trace', 'Patch'].map((name, at) => {
    const method = name.toUpperCase()
    const begins = `${beginning(at + 1)}"${name}","type_uid":${400_201 + at},"time":`
    return [method, { begins, method: `"${method}"` }]
  }),
)

function beginning(activity: number): string {
  return `{"class_uid":4002,"class_name":"HTTP Activity","category_uid":4,"activity_id":${activity},"activity_name":`
}

const otherBegins = beginning(99)

function metadataOf(instance: string): string {
  return (
    `,"metadata":{"version":"${ocsfVersion}","product":${JSON.stringify(product)},"profiles":${JSON.stringify(profiles)}` +
    `,"log_name":"audit","reporter":{"name":"einlass","uid":${jsonString(instance)}},"uid":"`
  )
}

/** Severity, status, action and disposition from the decision and the end of the exchange. */
function accessOutcome(decision: Decision, end: Access['result']['end']): string {
  const revoked = end === 'cut'
  if (decision.effect === 'allow' && decision.monitored === undefined && !revoked && end !== 'upstream_failed') {
    return passed
  }
  const succeeded = decision.effect === 'allow' && end !== 'upstream_failed' && !revoked
  const status = succeeded ? '"status_id":1,"status":"Success"' : '"status_id":2,"status":"Failure"'
  const severity = decision.effect === 'deny' || revoked || decision.monitored !== undefined ? 2 : 1
  return `,"severity_id":${severity},${status},${disposition(decision, end)}`
}

const allowed = '"action_id":1,"action":"Allowed","disposition_id":1,"disposition":"Allowed"'
const passed = `,"severity_id":1,"status_id":1,"status":"Success",${allowed}`

function disposition(decision: Decision, end: Access['result']['end']): string {
  if (decision.effect === 'deny') return '"action_id":2,"action":"Denied","disposition_id":2,"disposition":"Blocked"'
  if (decision.effect === 'challenge') {
    return '"action_id":2,"action":"Denied","disposition_id":23,"disposition":"Challenge"'
  }
  if (end === 'cut') return '"action_id":2,"action":"Denied","disposition_id":24,"disposition":"Access Revoked"'
  if (decision.monitored !== undefined) {
    return '"action_id":3,"action":"Observed","disposition_id":17,"disposition":"Logged"'
  }
  return allowed
}

function port(value: number | undefined): string {
  const number = portNumber(value)
  return number === undefined ? '' : `,"port":${number}`
}
