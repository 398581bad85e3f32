// Parses an audit line (OCSF) into a notification; every text is validated and sanitized.

import { isTimeZone } from '../../config/units.ts'
import { mailAddress, oneLine, webLink } from './sanitize.ts'

export type NotificationKind = 'request' | 'grant' | 'finding' | 'configuration' | 'authentication' | 'device'

export interface Notification {
  /** Id of the event. */
  readonly uid: string
  readonly kind: NotificationKind
  /** Activity of the event: `opened`, `given`, `applied` ... */
  readonly activity: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly severity: 'info' | 'low' | 'medium' | 'high' | 'critical'
  /** Self-activated access. */
  readonly emergency: boolean
  /** Display name of the actor. */
  readonly by: string | undefined
  /** Display names of the user and the app concerned. */
  readonly person: string | undefined
  /** Name stated with an emergency code; not verified. */
  readonly statedName: string | undefined
  readonly app: string | undefined
  readonly level: string | undefined
  readonly from: number | undefined
  readonly until: number | undefined
  /** IANA name of the zone in which the end was written; see `Grant.timeZone`. */
  readonly timeZone: string | undefined
  /** Milliseconds. */
  readonly duration: number | undefined
  readonly reason: string | undefined
  readonly ticket: string | undefined
  readonly contract: string | undefined
  readonly comment: string | undefined
  /** Code of the reason when revoked by the system. */
  readonly invalidReason: string | undefined
  /** Extension of an existing grant. */
  readonly extension: boolean
  /** Of findings and configuration events. */
  readonly title: string | undefined
  readonly detail: string | undefined
  /** Thread id: the same for all messages about one request or grant. */
  readonly thread: string | undefined
  readonly link: string | undefined
  readonly approvers: readonly string[]
  readonly requester: string | undefined
  readonly sponsor: string | undefined
}

/** OCSF class by kind; requests and grants share User Access Management. */
export const classOf: Readonly<Record<NotificationKind, number>> = {
  request: 3005,
  grant: 3005,
  finding: 2004,
  configuration: 3004,
  authentication: 3002,
  device: 5019,
}

/** Undefined for an invalid line or an event class without notifications. */
export function notificationOf(line: string): Notification | undefined {
  let event: Fields
  try {
    event = fields(JSON.parse(line))
  } catch {
    return undefined
  }
  const unmapped = fields(event['unmapped'])
  const kind = kindOf(event['class_uid'], unmapped)
  const uid = fields(event['metadata'])['uid']
  if (kind === undefined || typeof uid !== 'string') return undefined
  const about = fields(unmapped[kind])
  const tell = fields(unmapped['tell'])
  const user = fields(event['user'])
  const finding = fields(event['finding_info'])
  return {
    uid,
    kind,
    activity: oneLine(unmapped['activity'] ?? event['status_detail']) ?? '',
    at: number(event['time']) ?? 0,
    severity: severities[number(event['severity_id']) ?? 1] ?? 'info',
    emergency: about['emergency'] === true,
    by: personOf(fields(fields(event['actor'])['user'])),
    person: oneLine(tell['person']) ?? personOf(user),
    statedName: oneLine(about['statedName']),
    app: oneLine(tell['app']) ?? oneLine(about['app']),
    level: oneLine(about['level']),
    from: number(about['from']),
    until: number(about['until']),
    timeZone: zone(about['timeZone']),
    duration: number(about['duration']),
    reason: oneLine(about['reason'], maxTextLength),
    ticket: oneLine(about['ticket']),
    contract: oneLine(about['contract']),
    comment: oneLine(about['comment'], maxTextLength),
    invalidReason: oneLine(about['revokedFor']),
    extension: typeof about['extends'] === 'string',
    title: oneLine(finding['title']),
    detail: oneLine(kind === 'configuration' ? event['comment'] : (finding['desc'] ?? event['message']), maxTextLength),
    thread: oneLine(about['id']),
    link: webLink(tell['link']),
    approvers: list(tell['approvers']),
    requester: mailAddress(tell['requester']),
    sponsor: mailAddress(tell['sponsor']),
  }
}

const maxTextLength = 1000
/** Upper bound of recipients per event. */
const maxApprovers = 200
const severities = ['info', 'info', 'low', 'medium', 'high', 'critical'] as const

type Fields = Readonly<Record<string, unknown>>

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= 8.64e15 ? value : undefined
}

function zone(value: unknown): string | undefined {
  return typeof value === 'string' && isTimeZone(value) ? value : undefined
}

function list(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, maxApprovers).flatMap((one) => mailAddress(one) ?? [])
}

function kindOf(uid: unknown, unmapped: Fields): NotificationKind | undefined {
  switch (uid) {
    case classOf.grant:
      return 'request' in unmapped ? 'request' : 'grant' in unmapped ? 'grant' : undefined
    case classOf.finding:
      return 'finding'
    case classOf.configuration:
      return 'configuration'
    case classOf.authentication:
      return 'authentication'
    case classOf.device:
      return 'device'
    // open: a class of events without notifications
    default:
      return undefined
  }
}

function personOf(user: Fields): string | undefined {
  const name = oneLine(user['full_name'])
  const account = oneLine(user['email_addr']) ?? oneLine(user['name'])
  return name === undefined || name === account ? account : account === undefined ? name : `${name} (${account})`
}
