// Lines of an access review as tables: those that ask for an answer one by one, those kept by default per rule in one that opens.

import { words } from './review-messages.ts'
import { attentionTo, type Attention } from '../../grants/reviews/attention.ts'
import { formatAccessPath, reviewMessages } from '../../grants/reviews/messages.ts'
import { hoursAgo, type Clock } from '../kit/format-time.ts'
import { endElement } from '../kit/grant-end.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { table, type Column } from '../kit/table.ts'
import type { ReviewLine } from '../../grants/reviews/lines.ts'
import type { Draft } from '../../grants/reviews/reviews.ts'
import type { Decisions } from '../../grants/reviews/saved-answers.ts'

export interface Answers {
  /** False for a viewer, who sees no answers. */
  readonly decides: boolean
  readonly decisions: Decisions | undefined
  /** Whether to mark lines without an answer. */
  readonly marksMissing: boolean
}

export interface MarkedLine extends ReviewLine {
  readonly attention: readonly Attention[]
  readonly decision: 'keep' | 'end' | undefined
}

/** With the decision that was given, else the one by default. */
export function markedLines(
  { lines, notes }: Draft,
  decisions: Decisions | undefined,
  now: number,
): readonly MarkedLine[] {
  return lines.map((line) => {
    const attention = attentionTo(line, { notes, now })
    return { ...line, attention, decision: decisions?.get(line.id) ?? (attention.length === 0 ? 'keep' : undefined) }
  })
}

export function rowId({ id }: ReviewLine): string {
  return `row-${id}`
}

/** Parts by last use; lines kept by default are grouped by rule where there are several. */
export function reviewParts(lines: readonly MarkedLine[], answers: Answers, clock: Clock): Content {
  const say = words[clock.language]
  const parts = ['unused', 'seldom', 'used'] as const
  const partOf = ({ attention }: MarkedLine) =>
    parts.find((part) => part !== 'used' && attention.includes(part)) ?? 'used'
  return parts.map((part) => {
    const own = lines.filter((line) => partOf(line) === part)
    const groups = [...Map.groupBy(own.filter(isGrouped), ({ rule }) => rule!)].filter(([, all]) => all.length > 1)
    const single = own.filter((line) => !groups.some(([, all]) => all.includes(line)))
    return (
      own.length > 0 &&
      html`<section class="part" aria-labelledby="${part}">
        <h2 id="${part}">${say.parts[part]}</h2>
        ${single.length > 0 && linesTable(part, single, answers, clock)}
        ${groups.map(([rule, all], index) => group(`${part}-${index}`, { rule, all }, answers, clock))}
      </section>`
    )
  })
}

function isGrouped({ attention }: MarkedLine): boolean {
  return attention.length === 0
}

/** `140 people by rule production: keep`; opened, each can be answered otherwise. It stays open where one was. */
function group(
  id: string,
  { rule, all }: { readonly rule: string; readonly all: readonly MarkedLine[] },
  answers: Answers,
  clock: Clock,
): Html {
  const say = words[clock.language]
  const ended = all.filter(({ decision }) => decision === 'end').length
  const outcome = ended === 0 ? say.keep : say.counts(all.length - ended, ended)
  return html`<details class="card together" ${ended > 0 && html`open`}>
    <summary id="${id}">${say.together(all.length, rule)}${answers.decides && `: ${outcome}`}</summary>
    ${linesTable(id, all, answers, clock)}
  </details>`
}

function linesTable(labelledBy: string, rows: readonly MarkedLine[], answers: Answers, clock: Clock): Html {
  const say = words[clock.language]
  const inWords = reviewMessages[clock.language]
  const columns: readonly Column<MarkedLine>[] = [
    { heading: inWords.who, kind: 'name', cell: (line) => person(line, answers, clock) },
    { heading: inWords.way, cell: (line) => accessPath(line, clock) },
    {
      heading: inWords.until,
      cell: ({ until, timeZone }) => (until === undefined ? '–' : endElement({ until, timeZone }, clock)),
    },
    {
      heading: inWords.lastUsed,
      cell: ({ lastUsed }) => (lastUsed === undefined ? inWords.never : hoursAgo(lastUsed, clock)),
    },
    ...(answers.decides ? [{ heading: say.decision, cell: (line: MarkedLine) => verdict(line, clock) }] : []),
  ]
  return table({ labelledBy, look: 'register', rows, columns, idOf: rowId })
}

function person(line: MarkedLine, { decides, marksMissing }: Answers, clock: Clock): Html {
  const { name, email, who, attention, decision } = line
  const say = words[clock.language]
  const marks = attention.flatMap((one) => say.attention[one] ?? [])
  return html`<div>
    <bdi>${name ?? email ?? who}</bdi>
    ${name !== undefined && email !== undefined && html`<p class="more"><bdi>${email}</bdi></p>`}
    ${
      marks.length > 0 &&
      html`<p class="marks">${marks.map((mark) => html`<span class="pill wait">${mark}</span> `)}</p>`
    }
    ${decides && marksMissing && decision === undefined && html`<p class="more missing">${say.missing}</p>`}
  </div>`
}

function accessPath(line: MarkedLine, clock: Clock): Html {
  const say = words[clock.language]
  const inWords = reviewMessages[clock.language]
  return html`<div>
    <bdi>${formatAccessPath(line, clock.language)}</bdi>
    ${line.besides.length > 0 && html`<p class="more">${inWords.besides}: ${line.besides.join('; ')}</p>`}
    ${line.declaredAt && html`<p class="more">${say.declared} <code>${line.declaredAt}</code></p>`}
  </div>`
}

function verdict(line: MarkedLine, { language }: Clock): Html {
  const say = words[language]
  const choice = (value: 'keep' | 'end', text: string) =>
    html`<label
      ><input
        type="radio"
        name="line-${line.id}"
        value="${value}"
        required
        ${line.decision === value && html`checked`}
      />
      ${text}</label
    >`
  return html`<fieldset class="keep-or-end">
    <legend class="hidden">${line.name ?? line.email ?? line.who}, ${formatAccessPath(line, language)}</legend>
    ${choice('keep', say.keep)} ${choice('end', line.declaredAt === undefined ? say.end : say.takeOut)}
  </fieldset>`
}
