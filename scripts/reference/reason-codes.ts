// docs/reference/reason-codes.md: every reason code with status, remedy, both texts, its origin and what to do about it.

import { conditions } from '../../src/policy/conditions.ts'
import { reasonCodes, reasons, type ReasonCode, type RemedyKind, type ReasonText } from '../../src/policy/reasons.ts'
import { kinds } from '../../src/web/errors/error-pages.ts'
import { words } from '../../src/web/errors/error-messages.ts'
import { code, heading, table } from './markdown.ts'
import { explanations } from './reason-explanations.ts'

export function reasonCodeReference(): string {
  const byImportance = Object.keys(reasons) as ReasonCode[]
  return [
    heading('Reason codes', 'the tables of reasons and conditions'),
    'A decision that is not *allow* has at least one reason. Its code is stable; it stands in',
    '',
    '- the problem document (RFC 9457) of a request that is no page navigation: `reasons[].code`',
    '- the page, with the text of the first reason in English or German',
    '- the audit event: `status_detail` is the first code, `unmapped.decision.reasons` are all, with parameters',
    '- `einlass explain`',
    '',
    'To find out about a code a user reports, search the audit for the request id on the page',
    '(`metadata.correlation_uid`) and look up `status_detail` here.',
    '',
    'The status is that of an answer with this reason first. Reasons with remedy `sign_in` or `step_up` are answered with a',
    'redirect (302) when the request is a page navigation. The table is in order of importance: with several reasons, the one',
    'further up is the first, but for those the remedy of the decision answers.',
    '',
    table(
      ['code', 'status', 'remedy', 'title'],
      byImportance.map((name) => {
        const { status, remedy, en } = reasons[name]
        return [`[${code(name)}](#${name})`, String(status), remedy === undefined ? '' : code(remedy), en.title]
      }),
    ),
    '## Remedies',
    '',
    table(
      ['remedy', 'what the person can do'],
      Object.entries(remedies).map(([remedy, meaning]) => [code(remedy), meaning]),
    ),
    '## Errors without a reason',
    '',
    'Errors no policy decided. A problem document has the code in `type` (`urn:einlass:problem:CODE`); some are reasons too.',
    '',
    table(['code', 'status', 'heading'], errorRows()),
    ...reasonCodes.map(sectionOf),
  ].join('\n')
}

function errorRows(): readonly (readonly string[])[] {
  return Object.entries(kinds).map(([kind, { status }]) => [
    code(kind),
    String(status),
    words.en.kinds[kind as keyof typeof kinds].heading,
  ])
}

/** A remedy without a line does not compile. */
const remedies: Readonly<Record<RemedyKind, string>> = {
  sign_in: 'Sign in.',
  step_up: 'Sign in again with a stronger or more recent proof (RFC 9470).',
  request_access: 'Request a grant for a limited time.',
  wait: 'Come back when the window opens or the grant begins; the answer has `Retry-After` where the moment is known.',
  use_other_device: 'Use a device that meets the posture, or correct this one.',
  use_other_network: 'Connect from a permitted network.',
  ask_owner: 'Ask the owner of the app (`owner`).',
  try_again: 'Try again in a moment.',
}

function sectionOf(name: ReasonCode): string {
  const { status, remedy, ocsf, en, de } = reasons[name]
  const { administrator } = explanations[name]
  return [
    `## ${name}`,
    '',
    `Status ${status}, ${remedy === undefined ? 'no remedy' : `remedy ${code(remedy)}`}, OCSF severity ${ocsf.severity_id}.`,
    '',
    `- English: ${texts(en)}`,
    `- German: ${texts(de)}`,
    ...origins(name).map((origin) => `- Given by: ${origin}`),
    '',
    `**Administrator**: ${administrator}`,
    '',
  ].join('\n')
}

/** Title, then every wording, the fullest first. */
function texts({ title, text }: ReasonText): string {
  return [`**${title}.**`, ...text.map((one, index) => (index === 0 ? one : `*Or, with fewer details:* ${one}`))].join(
    ' ',
  )
}

/** Conditions and other places that give the code. Throws for a code that nothing gives and nothing reserves. */
function origins(name: ReasonCode): readonly string[] {
  const { steps, reserved } = explanations[name]
  const giving = namesWhere(({ gives }) => gives.includes(name))
  const negated = namesWhere(({ refusal }) => refusal === name)
  const found = [
    ...(giving.length === 0 ? [] : [`${conditionList(giving)}, when not met`]),
    ...(negated.length === 0 ? [] : [`${conditionList(negated)} inside \`not\`, when met`]),
    ...steps.map(({ file, when }) => `[\`${file}\`](../../src/${file}): ${when}`),
  ]
  if ((found.length === 0) !== (reserved === true)) throw new Error(`reason-explanations.ts: what gives ${name}?`)
  return reserved === true ? ['nothing yet'] : found
}

type AnyRow = Pick<(typeof conditions)[keyof typeof conditions], 'gives' | 'refusal'>

function namesWhere(holds: (row: AnyRow) => boolean): readonly string[] {
  return Object.entries(conditions).flatMap(([key, row]) => (holds(row) ? [configurationKeys[key] ?? key] : []))
}

/** Where the key in the configuration is another one. */
const configurationKeys: Readonly<Record<string, string>> = { riskAtMost: 'risk' }

function conditionList(names: readonly string[]): string {
  return `${names.length === 1 ? 'condition' : 'conditions'} ${names.map(code).join(', ')}`
}
