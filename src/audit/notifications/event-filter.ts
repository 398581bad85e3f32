// Which events a sink is for: `grant`, `request.opened`, `finding.high`, `emergency`.

import type { EventSelector } from '../../config/event-selectors.ts'
import { classOf, type Notice, type NoticeKind } from './notification.ts'

export interface Selection {
  /** Cheap, by the beginning of a line: false where no selector can fit. Most lines are requests, and for nobody here. */
  readonly mayFit: (line: Buffer) => boolean
  readonly fits: (notice: Notice) => boolean
}

export function createSelection(selectors: readonly EventSelector[]): Selection {
  const classes = new Set(selectors.map((selector) => classOf[kindIn(selector)]))
  return {
    mayFit(line) {
      if (line.length < beginning.length + 4 || !line.subarray(0, beginning.length).equals(beginning)) return true
      return classes.has(Number(line.subarray(beginning.length, beginning.length + 4).toString('latin1')))
    },
    fits: (notice) => selectors.some((selector) => matches(selector, notice)),
  }
}

/** How every line of ours begins, then four digits; what begins otherwise is looked at whole. */
const beginning = Buffer.from('{"class_uid":')
const order: readonly string[] = ['info', 'low', 'medium', 'high', 'critical']

function kindIn(selector: EventSelector): NoticeKind {
  return selector === 'emergency' ? 'request' : (selector.split('.')[0] as NoticeKind)
}

function matches(selector: EventSelector, notice: Notice): boolean {
  if (selector === 'emergency') return notice.emergency
  const [kind, detail] = selector.split('.')
  if (kind !== notice.kind) return false
  if (detail === undefined) return true
  // That severity, and what is worse.
  if (kind === 'finding') return order.indexOf(notice.severity) >= order.indexOf(detail)
  return notice.activity === detail
}
