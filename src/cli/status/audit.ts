// Audit in `einlass status`: its sinks, and the deliveries of notification sinks.

import type { AuditStatus } from '../../audit/recorder.ts'
import { escapeControls, formatTime } from '../table.ts'
import { line, type Section } from './section.ts'

type Sink = AuditStatus['sinks'][number]

export const audit: Section = {
  lines(now, zone) {
    const { sinks, queued } = now.audit as AuditStatus
    const each = sinks.map(
      ({ name, state, written }) => `${name} ${state === 'working' ? 'works' : 'FAILS'} (${written} written)`,
    )
    const text = [...(each.length === 0 ? ['nowhere'] : each), `${queued} waiting`].join(', ')
    return [line('audit', text), ...sinks.flatMap((sink) => deliveryLines(sink, zone))]
  },
  problems(now, zone) {
    const { sinks } = now.audit as AuditStatus
    return [...sinks.flatMap(sinkProblems), ...sinks.flatMap((sink) => deliveryProblems(sink, zone))]
  },
}

function deliveryLines({ name, delivery }: Sink, zone: string): string[] {
  // Absent values are null in JSON.
  if (!delivery) return []
  const { state, delivered, waiting, dead, oldest } = delivery
  const since = oldest === undefined || waiting === 0 ? '' : ` (oldest ${formatTime(oldest, zone)})`
  const how = state === 'working' ? 'delivers' : 'CANNOT DELIVER'
  return [line('delivery', `${name} ${how}: ${delivered} delivered, ${waiting} waiting${since}, ${dead} dead`)]
}

function sinkProblems({ name, state, error, lost }: Sink): string[] {
  return [
    ...(state === 'working' ? [] : [`audit: ${name} fails: ${escapeControls(error)}`]),
    ...(lost === 0 ? [] : [`audit: ${name} lost ${lost} events since the start`]),
  ]
}

function deliveryProblems({ name, delivery }: Sink, zone: string): string[] {
  if (!delivery) return []
  const { state, since, error, waiting, refused, dead } = delivery
  return [
    ...(state === 'working'
      ? []
      : [
          `audit: ${name} cannot deliver since ${formatTime(since, zone)}: ${escapeControls(error)}; ${waiting} messages wait`,
        ]),
    ...(refused === 0 ? [] : [`audit: ${name} dropped ${refused} messages since the start: its spool is full`]),
    ...(dead === 0 ? [] : [`audit: ${name} has ${dead} undeliverable messages, in the folder dead of its spool`]),
  ]
}
