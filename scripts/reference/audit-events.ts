// docs/reference/audit-events.md: classes, activities, members and examples of the audit, made by the real writer.

import type { AuditEvent } from '../../src/audit/event.ts'
import { ocsfVersion } from '../../src/audit/ocsf/objects.ts'
import type { SignInErrorCode } from '../../src/identity/oidc/sign-in-error.ts'
import { examples, type Example } from './audit-examples.ts'
import { fields } from './audit-fields.ts'
import { code, fenced, heading, table } from './markdown.ts'

type Kind = AuditEvent['kind']

interface Section {
  readonly title: string
  readonly about: string
}

/** A kind of event without a section does not compile. */
const sections: Readonly<Record<Kind, Section>> = {
  access: {
    title: 'Access to applications',
    about:
      'One event for each request to an application, **when it is over**: a WebSocket when it is closed, a download when it is complete or was cut. `status_detail` is the first [reason code](reason-codes.md) when the request was not allowed or was cut, else absent. Malformed requests and unknown hosts are no access to an application; they are in the log.',
  },
  authentication: {
    title: 'Authentication',
    about:
      'Sign-ins and sessions. `status_detail` is a [reason code](reason-codes.md) when a session ended, and one of the codes below when a sign-in or step-up failed.',
  },
  grant: { title: 'Grants', about: 'Time-bound access. `status_detail` is the activity.' },
  request: { title: 'Requests for access', about: '`status_detail` is the activity.' },
  review: { title: 'Reviews', about: 'What a review ended stands in events of its own.' },
  configuration: { title: 'Configuration', about: '`status_detail` is the outcome.' },
  device: { title: 'Devices', about: '`status_detail` is the activity, `device_mismatch` for a mismatch.' },
  finding: {
    title: 'Findings',
    about:
      'Something that needs attention. `message` is the title, `status_detail` the detail: a posture was claimed and not proved; an emergency was activated or not reviewed in time; an emergency code was made, used, revoked, wrong or is being guessed; audit events were lost; a worker ended unexpectedly.',
  },
}

/** A code without a line does not compile. */
const signInErrors: Readonly<Record<SignInErrorCode, string>> = {
  transaction_unknown: 'this browser has no such sign-in pending: used, expired, or begun in another browser',
  browser_mismatch: 'the response came in a browser without any cookie of the gateway',
  response_invalid: 'the address of the callback is no valid response of the provider; `unmapped.detail` names why',
  provider_error: 'the callback carries an error; `unmapped.detail` is its code',
  provider_refused: 'the token endpoint of the provider refused; `unmapped.detail` is its code',
  scope_refused: 'the provider does not permit the requested scopes; the log names them',
  cancelled: 'the user cancelled at the provider',
  account_not_allowed: 'the account belongs to another organisation (`hosted_domain`)',
  token_invalid: 'a check of the tokens failed; `unmapped.detail` names it',
  step_up_not_proven: 'signed in, but the claims do not prove the step-up',
  step_up_unavailable:
    'not asked: nothing is configured with which this provider could be asked for a stronger sign-in',
  provider_unreachable: 'the provider does not answer',
  store_unreachable: 'the store does not answer',
  throttled: 'too many sign-ins from one address',
}

export function auditEventReference(): string {
  const kinds = Object.keys(sections) as Kind[]
  return [
    heading('Audit events', 'the event types and the OCSF writer'),
    `One JSON object per line, in the classes of [OCSF](https://schema.ocsf.io) ${ocsfVersion}. The examples are made by the`,
    'writer of the gateway, wrapped for reading; members without a value are absent.',
    '',
    'An event never contains cookies, tokens, bodies or query strings. It contains names, addresses and groups of people:',
    'treat the file as personal data. Which events a sink of `audit.sinks` receives is set by its `events`',
    '([configuration](configuration.md)).',
    '',
    table(
      ['kind', 'OCSF class', 'activities'],
      kinds.map((kind) => [
        `[${sections[kind].title}](#${anchor(sections[kind].title)})`,
        classOf(examples[kind][0]!),
        examples[kind].map(({ name }) => name).join(', '),
      ]),
    ),
    '## Members',
    '',
    table(['member', 'classes', 'meaning'], memberRows()),
    ...kinds.map((kind) => sectionOf(kind)),
  ].join('\n')
}

function sectionOf(kind: Kind): string {
  const { title, about } = sections[kind]
  const columns = ['activity', 'when', 'OCSF activity', 'severity', 'status', '`status_detail`']
  const errors = Object.entries(signInErrors).map(([error, meaning]) => [code(error), meaning])
  return [
    `## ${title}`,
    '',
    `${classOf(examples[kind][0]!)}. ${about}`,
    '',
    table(columns, examples[kind].map(rowOf)),
    ...(kind === 'authentication' ? [table(['`status_detail` of a failed sign-in', 'meaning'], errors)] : []),
    fenced('json', JSON.stringify(parsed(exampleOf(kind)), null, 2)),
  ].join('\n')
}

/** The one shown in full: of access a denial, which has most members. */
function exampleOf(kind: Kind): Example {
  return examples[kind].find(({ name }) => name === 'denied' && kind === 'access') ?? examples[kind][0]!
}

function rowOf(example: Example): readonly string[] {
  const event = parsed(example)
  const disposition = event['disposition'] === undefined ? '' : `, ${String(event['disposition'])}`
  const detail = event['status_detail']
  return [
    example.name,
    example.when,
    `${String(event['activity_name'])} ${String(event['activity_id'])}`,
    String(event['severity_id']),
    `${String(event['status'])}${disposition}`,
    detail === undefined ? '' : code(String(detail)),
  ]
}

/** Every described member with the classes it occurs in. Throws for one that never occurs, or has no description. */
function memberRows(): readonly (readonly string[])[] {
  const classes = new Map<string, Set<string>>()
  for (const example of Object.values(examples).flat()) {
    const event = parsed(example)
    for (const path of pathsOf(event, '')) {
      const described = describedPaths(path)
      if (described.length === 0) throw new Error(`audit-fields.ts: what is ${path}?`)
      for (const one of described) classes.set(one, (classes.get(one) ?? new Set()).add(String(event['class_uid'])))
    }
  }
  return Object.entries(fields).map(([path, meaning]) => {
    const found = classes.get(path)
    if (found === undefined) throw new Error(`audit-fields.ts: no event has ${path}`)
    return [code(path), [...found].toSorted().join(' '), meaning]
  })
}

/** The path and its parents, as far as they are described. */
function describedPaths(path: string): readonly string[] {
  const parts = path.split('.')
  return parts.map((_part, index) => parts.slice(0, index + 1).join('.')).filter((one) => Object.hasOwn(fields, one))
}

function pathsOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [path]
  if (Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, path === '' ? key : `${path}.${key}`))
}

function parsed({ line }: Example): Readonly<Record<string, unknown>> {
  return JSON.parse(line) as Readonly<Record<string, unknown>>
}

function classOf(example: Example): string {
  const event = parsed(example)
  return `${String(event['class_name'])} ${String(event['class_uid'])}`
}

/** As code hosts make anchors of headings. */
function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-')
}
