// `einlass requests list|show|approve|deny|withdraw|revoke|review`: who asks for access, and deciding it.

import { parseDuration, printDuration } from '../config/units.ts'
import type { GrantRequest, Person } from '../grants/requests/request.ts'
import { callApi, errorOf, socketHelp, socketOptions, socketPath, type ApiResult } from './admin-client.ts'
import { json } from './json.ts'
import { ofList, paged, shownAtOnce } from './paging.ts'
import { moment, plain, table } from './table.ts'
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

/** Which options go with which act. */
const takes: Readonly<Record<Act, readonly (keyof typeof options)[]>> = {
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
    help: `  list               all requests, the newest first; those that are closed for 90 days more
    --state open       only those that are open, approved, denied, withdrawn, lapsed, or (emergencies) unreviewed
    --app APP          only for this app
    --limit 100        at most so many; --after REQUEST: those behind this one
  show REQUEST       everything about one
  approve REQUEST    agrees to it, as one of those who have to:
    --for 2h           for less time than was asked
    --level read       to read only, though more was asked
    --comment TEXT     why
  deny REQUEST       refuses it; --comment TEXT says why
  withdraw REQUEST   takes it back in the name of the person who asked
  revoke REQUEST     ends the access that came of it; what is open under it ends, on every node
  review REQUEST     an emergency was looked at afterwards; --comment TEXT says with what result

${socketHelp}`,
    options,
    words: true,
  },
  async (values, io, words) => {
    const subcommand = subcommandOf(words, Object.keys(takes) as Act[])
    const [, id, ...more] = words
    const excess = subcommand === 'list' ? id : more[0]
    if (excess !== undefined) throw new UsageError(`what is "${plain(excess)}"?`)
    if (subcommand !== 'list' && id === undefined)
      throw new UsageError(`${subcommand} which one? "einlass requests list" tells`)
    const own = Object.keys(options).filter((name) => !Object.hasOwn(socketOptions, name)) as (keyof typeof options)[]
    const odd = own.find((name) => values[name] !== undefined && !takes[subcommand].includes(name))
    if (odd !== undefined) throw new UsageError(`--${odd} does not go with ${subcommand}`)

    const ask = apiCallOf(subcommand, id, values)
    const called = await ask(await socketPath(values, io))
    if (called.status !== 200) return (io.stderr(`einlass requests: ${errorOf(called)}\n`), 1)
    if (values.json) io.stdout(json(called.value))
    else if (subcommand === 'list') io.stdout(listed(called.value as readonly GrantRequest[], values))
    else if (subcommand === 'show') io.stdout(shown(called.value as GrantRequest))
    else io.stdout(closed(subcommand, called.value as GrantRequest))
    return 0
  },
)

/** Reads everything before anybody is asked. Throws `WrongUsage`. */
function apiCallOf(
  act: Act,
  id: string | undefined,
  values: Values<typeof options>,
): (socket: string) => Promise<ApiResult> {
  if (act === 'list') {
    const query = paged(values, { state: values.state, app: values.app })
    return (socket) => callApi(socket, 'GET', `/requests${query}`)
  }
  if (act === 'show') return (socket) => callApi(socket, 'GET', `/requests/show?${new URLSearchParams({ id: id! })}`)
  const { level, comment } = values
  if (level !== undefined && level !== 'read' && level !== 'full') throw new UsageError('--level: write read or full')
  const duration = values.for === undefined ? undefined : parseDuration(values.for)
  if (values.for !== undefined && !duration) throw new UsageError('--for: write a duration such as 90s, 15m, 8h or 30d')
  return (socket) => callApi(socket, 'POST', `/requests/${act}`, { id, level, duration, comment })
}

function listed(all: readonly GrantRequest[], values: Values<typeof options>): string {
  if (all.length === 0) return values.after === undefined ? 'there are no requests\n' : 'there are no more\n'
  const { some, rest } = shownAtOnce(all, values, 'requests')
  const rows = some.map((request) => [
    request.id,
    who(request.by),
    plain(request.app),
    request.level,
    printDuration(request.duration),
    moment(request.askedAt),
    stateOf(request),
    plain(request.reason),
  ])
  return table(['REQUEST', 'WHO', 'APP', 'LEVEL', 'FOR', 'ASKED', 'STATE', 'REASON'], rows) + rest
}

function stateOf(request: GrantRequest): string {
  const { state, emergency, reviewed, needed, approvals } = request
  if (emergency) return ofList(reviewed) === undefined ? 'emergency, not reviewed' : 'emergency, reviewed'
  return state === 'open' ? `open, ${approvals.length} of ${needed}` : state
}

function shown(request: GrantRequest): string {
  const { by, approvals, closed: end, terms, reviewed } = request
  const lines: (readonly [string, string])[] = [
    ['request', request.id],
    ['who', `${who(by)} (${plain(`${by.provider}|${by.sub}`)})`],
    ['app', plain(request.app)],
    ['level', request.level],
    ['for', printDuration(request.duration)],
    ['from', ofList(request.from) === undefined ? 'at once' : moment(request.from)],
    ['reason', plain(request.reason)],
    ['ticket', plain(request.ticket)],
    ['extends', plain(request.extends)],
    ['asked', moment(request.askedAt)],
    ['device', plain(request.device)],
    ['address', plain(request.address)],
    ['state', stateOf(request)],
    ...approvals.map(
      (one) => ['approved', `${who(one.by)}, ${one.level}, ${printDuration(one.duration)}, ${moment(one.at)}`] as const,
    ),
    ...(ofList(end) === undefined ? [['lapses', moment(request.lapsesAt)] as const] : []),
    ...(ofList(end) === undefined
      ? []
      : [['closed', `${moment(end!.at)} by ${ofList(end!.by) === undefined ? 'nobody' : who(end!.by!)}`] as const]),
    ...(ofList(terms) === undefined
      ? []
      : [['given', `${terms!.level}, ${moment(terms!.from)} to ${moment(terms!.until)}`] as const]),
    ['grant', plain(request.grant)],
    ...(request.emergency
      ? [
          [
            'reviewed',
            ofList(reviewed) === undefined
              ? `not yet, until ${moment(request.reviewBy)}`
              : `${moment(reviewed!.at)} by ${who(reviewed!.by)}`,
          ] as const,
        ]
      : []),
  ]
  return lines.map(([name, value]) => `${name.padEnd(8)}  ${value}\n`).join('')
}

function closed(act: Act, request: GrantRequest): string {
  const { id, by, app, state, needed, approvals, terms, grant } = request
  const about = `${id}: ${who(by)} to ${plain(app)}`
  if (act !== 'approve') return `${past[act]} ${about}\n`
  if (state === 'open') return `agreed to ${about}; ${approvals.length} of ${needed} have\n`
  return `approved ${about} (${terms!.level}), ${moment(terms!.from)} to ${moment(terms!.until)}: ${plain(grant)}\n`
}

const past: Readonly<Record<Exclude<Act, 'approve'>, string>> = {
  list: 'listed',
  show: 'showed',
  deny: 'denied',
  withdraw: 'withdrew',
  revoke: 'ended the access of',
  review: 'reviewed',
}

function who({ email, sub }: Person): string {
  return plain(ofList(email) ?? sub)
}
