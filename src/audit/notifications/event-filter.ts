// Which events a sink is for: `grant`, `request.opened`, `finding.high`, `emergency`.

import type { EventSelector } from '../../config/event-selectors.ts'
import { classOf, type Notification, type NotificationKind } from './notification.ts'

export interface EventFilter {
  /** Cheap, by the beginning of a line: false where no selector can fit. Most lines are requests, and for nobody here. */
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

/** How every line of ours begins, then four digits; what begins otherwise is looked at whole. */
const classUidPrefix = Buffer.from('{"class_uid":')
const order: readonly string[] = ['info', 'low', 'medium', 'high', 'critical']

function kindIn(selector: EventSelector): NotificationKind {
  return selector === 'emergency' ? 'request' : (selector.split('.')[0] as NotificationKind)
}

function matches(selector: EventSelector, notice: Notification): boolean {
  if (selector === 'emergency') return notice.emergency
  const [kind, detail] = selector.split('.')
  if (kind !== notice.kind) return false
  if (detail === undefined) return true
  // That severity, and what is worse.
  if (kind === 'finding') return order.indexOf(notice.severity) >= order.indexOf(detail)
  return notice.activity === detail
}
