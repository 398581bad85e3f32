// `einlass requests list|show|approve|deny|withdraw|revoke|review`: access requests and emergency access.

import { parseDuration, printDuration } from '../config/units.ts'
import type { GrantRequest, Person } from '../grants/requests/request.ts'
import { callApi, errorOf, socketHelp, socketOptions, socketPath, type ApiResult } from './admin-client.ts'
import { json } from './json.ts'
import { nullToUndefined, pageQuery, firstPage } from './paging.ts'
import { formatTime, escapeControls, table } from './table.ts'
import { subcommandOf, command, UsageError, type Values } from './parse-arguments.ts'

const options = {
  ...socketOptions,
  state: { type: 'string' },
  app: { type: 'string' },
  limit: { type: 'string' },
  after: { type: 'string' },
  for: { type: 'string' },
  level: { type: 'string' },
  comment: { type: 'string' },
} as const

type Act = 'list' | 'show' | 'approve' | 'deny' | 'withdraw' | 'revoke' | 'review'

/** Options of each subcommand. */
const optionsOf: Readonly<Record<Act, readonly (keyof typeof options)[]>> = {
  list: ['state', 'app', 'limit', 'after'],
  show: [],
  approve: ['for', 'level', 'comment'],
  deny: ['comment'],
  withdraw: [],
  revoke: [],
  review: ['comment'],
}

export const requests = command(
  {
    name: 'requests',
    usage:
      'einlass requests list | show REQUEST | approve REQUEST | deny REQUEST | withdraw REQUEST | revoke REQUEST | review REQUEST [--socket PATH | --config FILE] [--json]',
    help: `  list               lists all requests, newest first; closed requests for another 90 days
    --state open       filter: open, approved, denied, withdrawn, lapsed, or (emergencies) unreviewed
    --app APP          filter: this app
    --limit 100        maximum number; --after REQUEST: the page after this request
  show REQUEST       shows a request in full
  approve REQUEST    approves a request; counts as one approval:
    --for 2h           shorter duration than requested
    --level read       lower level than requested
    --comment TEXT     reason
  deny REQUEST       denies a request; --comment TEXT: reason
  withdraw REQUEST   withdraws a request on behalf of the requester
  revoke REQUEST     revokes the grant of a request and ends its open connections, on every node
  review REQUEST     records the review of emergency access; --comment TEXT: its result

${socketHelp}`,
    options,
    words: true,
  },
  async (values, io, words) => {
    const subcommand = subcommandOf(words, Object.keys(optionsOf) as Act[])
    const [, id, ...more] = words
    const excess = subcommand === 'list' ? id : more[0]
    if (excess !== undefined) throw new UsageError(`unexpected argument "${escapeControls(excess)}"`)
    if (subcommand !== 'list' && id === undefined) throw new UsageError(`missing REQUEST; see "einlass requests list"`)
    const own = Object.keys(options).filter((name) => !Object.hasOwn(socketOptions, name)) as (keyof typeof options)[]
    const odd = own.find((name) => values[name] !== undefined && !optionsOf[subcommand].includes(name))
    if (odd !== undefined) throw new UsageError(`--${odd} is not an option of ${subcommand}`)

    const call = apiCallOf(subcommand, id, values)
    const called = await call(await socketPath(values, io))
    if (called.status !== 200) return (io.stderr(`einlass requests: ${errorOf(called)}\n`), 1)
    if (values.json) io.stdout(json(called.value))
    else if (subcommand === 'list') io.stdout(listed(called.value as readonly GrantRequest[], values, called.timeZone))
    else if (subcommand === 'show') io.stdout(shown(called.value as GrantRequest, called.timeZone))
    else io.stdout(closed(subcommand, called.value as GrantRequest, called.timeZone))
    return 0
  },
)

/** Validates all options before the call. Throws `UsageError`. */
function apiCallOf(
  act: Act,
  id: string | undefined,
  values: Values<typeof options>,
): (socket: string) => Promise<ApiResult> {
  if (act === 'list') {
    const query = pageQuery(values, { state: values.state, app: values.app })
    return (socket) => callApi(socket, 'GET', `/requests${query}`)
  }
  if (act === 'show') return (socket) => callApi(socket, 'GET', `/requests/show?${new URLSearchParams({ id: id! })}`)
  const { level, comment } = values
  if (level !== undefined && level !== 'read' && level !== 'full')
    throw new UsageError('--level: expected read or full')
  const duration = values.for === undefined ? undefined : parseDuration(values.for)
  if (values.for !== undefined && !duration)
    throw new UsageError('--for: expected a duration such as 90s, 15m, 8h or 30d')
  return (socket) => callApi(socket, 'POST', `/requests/${act}`, { id, level, duration, comment })
}

function listed(all: readonly GrantRequest[], values: Values<typeof options>, zone: string): string {
  if (all.length === 0) return values.after === undefined ? 'no requests\n' : 'no more requests\n'
  const { some, rest } = firstPage(all, values, 'requests')
  const rows = some.map((request) => [
    request.id,
    requester(request),
    escapeControls(request.app),
    request.level,
    printDuration(request.duration),
    formatTime(request.askedAt, zone),
    stateOf(request),
    escapeControls(request.reason),
  ])
  return table(['REQUEST', 'WHO', 'APP', 'LEVEL', 'FOR', 'REQUESTED', 'STATE', 'REASON'], rows) + rest
}

function stateOf(request: GrantRequest): string {
  const { state, emergency, reviewed, needed, approvals } = request
  if (emergency) return nullToUndefined(reviewed) === undefined ? 'emergency, not reviewed' : 'emergency, reviewed'
  return state === 'open' ? `open, ${approvals.length} of ${needed}` : state
}

function shown(request: GrantRequest, zone: string): string {
  const { by, approvals, closed: end, terms, reviewed } = request
  const lines: (readonly [string, string])[] = [
    ['request', request.id],
    ['who', `${requester(request)} (${escapeControls(`${by.provider}|${by.sub}`)})`],
    ['app', escapeControls(request.app)],
    ['level', request.level],
    ['for', printDuration(request.duration)],
    ['from', nullToUndefined(request.from) === undefined ? 'immediately' : formatTime(request.from, zone)],
    ['reason', escapeControls(request.reason)],
    ['ticket', escapeControls(request.ticket)],
    ['extends', escapeControls(request.extends)],
    ['asked', formatTime(request.askedAt, zone)],
    ['device', escapeControls(request.device)],
    ['address', escapeControls(request.address)],
    ['state', stateOf(request)],
    ...approvals.map(
      (one) =>
        [
          'approved',
          `${who(one.by)}, ${one.level}, ${printDuration(one.duration)}, ${formatTime(one.at, zone)}`,
        ] as const,
    ),
    ...(nullToUndefined(end) === undefined ? [['lapses', formatTime(request.lapsesAt, zone)] as const] : []),
    ...(nullToUndefined(end) === undefined
      ? []
      : [
          [
            'closed',
            `${formatTime(end!.at, zone)} by ${nullToUndefined(end!.by) === undefined ? 'the system' : who(end!.by!)}`,
          ] as const,
        ]),
    ...(nullToUndefined(terms) === undefined
      ? []
      : [
          [
            'granted',
            `${terms!.level}, ${formatTime(terms!.from, zone)} to ${formatTime(terms!.until, zone)}`,
          ] as const,
        ]),
    ['grant', escapeControls(request.grant)],
    ...(request.emergency
      ? [
          [
            'reviewed',
            nullToUndefined(reviewed) === undefined
              ? `not yet, until ${formatTime(request.reviewBy, zone)}`
              : `${formatTime(reviewed!.at, zone)} by ${who(reviewed!.by)}`,
          ] as const,
        ]
      : []),
  ]
  return lines.map(([name, value]) => `${name.padEnd(8)}  ${value}\n`).join('')
}

function closed(act: Act, request: GrantRequest, zone: string): string {
  const { id, app, state, needed, approvals, terms, grant } = request
  const about = `${id}: ${requester(request)} to ${escapeControls(app)}`
  if (act !== 'approve') return `${past[act]} ${about}\n`
  if (state === 'open') return `approved ${about}; ${approvals.length} of ${needed} approvals\n`
  return `approved ${about} (${terms!.level}), ${formatTime(terms!.from, zone)} to ${formatTime(terms!.until, zone)}: ${escapeControls(grant)}\n`
}

const past: Readonly<Record<Exclude<Act, 'approve'>, string>> = {
  list: 'listed',
  show: 'showed',
  deny: 'denied',
  withdraw: 'withdrew',
  revoke: 'revoked the access of',
  review: 'reviewed',
}

/** A name stated with an emergency code is quoted and marked: it is not verified. */
function requester({ by, statedName }: GrantRequest): string {
  return statedName === undefined ? who(by) : `${escapeControls(JSON.stringify(statedName))} (stated name)`
}

function who({ email, sub }: Person): string {
  return escapeControls(nullToUndefined(email) ?? sub)
}
