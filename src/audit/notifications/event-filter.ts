// Event filter of a notification sink by selectors: `grant`, `request.opened`, `finding.high`, `emergency`.

import type { EventSelector } from '../../config/event-selectors.ts'
import { classOf, type Notification, type NotificationKind } from './notification.ts'

export interface EventFilter {
  /** Cheap pre-check of the OCSF class at the start of a line; false when no selector can match, as for HTTP Activity. */
  readonly mayMatch: (line: Buffer) => boolean
  readonly matches: (notice: Notification) => boolean
}

export function createEventFilter(selectors: readonly EventSelector[]): EventFilter {
  const classes = new Set(selectors.map((selector) => classOf[kindIn(selector)]))
  return {
    mayMatch(line) {
      if (line.length < classUidPrefix.length + 4 || !line.subarray(0, classUidPrefix.length).equals(classUidPrefix))
        return true
      return classes.has(Number(line.subarray(classUidPrefix.length, classUidPrefix.length + 4).toString('latin1')))
    },
    matches: (notice) => selectors.some((selector) => matches(selector, notice)),
  }
}

/** Start of every audit line, followed by four digits; a line that starts otherwise is parsed completely. */
const classUidPrefix = Buffer.from('{"class_uid":')
const order: readonly string[] = ['info', 'low', 'medium', 'high', 'critical']

/** The grant of an emergency follows its request at once, and warning of its end is for the person alone. */
function repeatsStart({ kind, activity }: Notification): boolean {
  return kind === 'grant' && (activity === 'given' || activity === 'ending')
}

function kindIn(selector: EventSelector): NotificationKind {
  return selector === 'emergency' ? 'request' : (selector.split('.')[0] as NotificationKind)
}

function matches(selector: EventSelector, notice: Notification): boolean {
  if (selector === 'emergency') return notice.emergency && !repeatsStart(notice)
  const [kind, detail] = selector.split('.')
  if (kind !== notice.kind) return false
  if (detail === undefined) return true
  // That severity or higher.
  if (kind === 'finding') return order.indexOf(notice.severity) >= order.indexOf(detail)
  return notice.activity === detail
}
