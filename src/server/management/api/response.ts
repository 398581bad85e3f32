// What an act of an administrator takes and gives: JSON in, JSON out.

import type { Actor } from '../../../audit/event.ts'
import { didYouMean } from '../../../config/load/problem.ts'
import type { Parts } from '../../../gateway/dependencies.ts'
import type { Running } from '../status.ts'

/** Whoever may open the socket is an administrator: its file permissions are the access control. */
export const administrator = { kind: 'administrator', name: 'admin socket' } as const satisfies Actor

export interface Answered {
  readonly status: 200 | 400 | 404 | 503
  readonly value: unknown
}

/** The body, or what stands behind the question mark. */
export type Input = Readonly<Record<string, unknown>>

export type Act = (parts: Parts, input: Input, running: Running) => Promise<Answered>

export function done(value: unknown): Answered {
  return { status: 200, value }
}

export function refused(status: 400 | 404, message: string): Answered {
  return { status, value: { error: message } }
}

/** Undefined for whatever is no text, or an empty one. */
export function text(input: Input, key: string): string | undefined {
  const value = input[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** One line about a name that means nothing, with the one that was meant. */
export function unknown(key: string, kind: string, name: string, known: Iterable<string>): string {
  const names = [...known]
  const hint = didYouMean(name, names) || (names.length === 0 ? '; there is none' : `; there are: ${names.join(', ')}`)
  return `${key}: there is no ${kind} "${name}"${hint}`
}

/** At most `limit` of them, from behind the one called `after`. Without either, all. */
export function page<T extends { readonly id: string }>(all: readonly T[], input: Input): Answered {
  const limit = input['limit'] === undefined ? all.length : Number(input['limit'])
  const after = text(input, 'after')
  if (!Number.isSafeInteger(limit) || limit < 0) return refused(400, 'limit: write a number such as 100')
  const at = after === undefined ? -1 : all.findIndex(({ id }) => id === after)
  if (after !== undefined && at < 0) return refused(404, `after: there is no ${after} in this list (any more)`)
  return done(all.slice(at + 1, at + 1 + limit))
}
