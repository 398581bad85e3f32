// Response fields that an admin sets and removes for one app (`response_headers`), compiled once at reload.

import type { ResponseFieldSettings } from '../../config/forwarding-settings.ts'
import { normalizeName } from '../../config/header-names/reserved-names.ts'

export interface ResponseFields {
  /** Whether the app's own field of this name, in any spelling, is left out. */
  leavesOut(name: string): boolean
  /** Name, value, ... added to every response but a 101. */
  readonly added: readonly string[]
  /** One of them is Cache-Control. */
  readonly setsCaching: boolean
}

export function createResponseFields({ set, remove }: ResponseFieldSettings): ResponseFields {
  const names = new Set([...set.names, ...remove].map(normalizeName))
  return {
    leavesOut: (name) => names.has(normalizeName(name)),
    added: set.names.flatMap((name, i) => [name, set.values[i]!]),
    setsCaching: set.names.some((name) => normalizeName(name) === 'cache-control'),
  }
}

/** Name, value, ... without what `fields` leaves out; for early hints and trailers. */
export function withoutLeftOut(list: string[], fields: ResponseFields | undefined): string[] {
  if (fields === undefined) return list
  return list.flatMap((name, i) => (i % 2 === 1 || fields.leavesOut(name) ? [] : [name, list[i + 1]!]))
}
