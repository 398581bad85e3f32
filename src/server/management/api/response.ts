// What an act of an administrator takes and gives: JSON in, JSON out.

import type { Actor } from '../../../audit/event.ts'
import { didYouMean } from '../../../config/load/problem.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'
import type { RuntimeState } from '../status.ts'

/** Whoever may open the socket is an administrator: its file permissions are the access control. */
export const adminActor = { kind: 'administrator', name: 'admin socket' } as const satisfies Actor

export interface ApiResponse {
  readonly status: 200 | 400 | 404 | 503
  readonly value: unknown
}

/** The body, or what stands behind the question mark. */
export type Input = Readonly<Record<string, unknown>>

export type ApiHandler = (deps: Dependencies, input: Input, running: RuntimeState) => Promise<ApiResponse>

export function ok(value: unknown): ApiResponse {
  return { status: 200, value }
}

export function rejected(status: 400 | 404, message: string): ApiResponse {
  return { status, value: { error: message } }
}

/** Undefined for whatever is no text, or an empty one. */
export function stringInput(input: Input, key: string): string | undefined {
  const value = input[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** One line about a name that means nothing, with the one that was meant. */
export function unknownName(key: string, kind: string, name: string, known: Iterable<string>): string {
  const names = [...known]
  const hint = didYouMean(name, names) || (names.length === 0 ? '; there is none' : `; there are: ${names.join(', ')}`)
  return `${key}: there is no ${kind} "${name}"${hint}`
}

/** At most `limit` of them, from behind the one called `after`. Without either, all. */
export function paginate<T extends { readonly id: string }>(all: readonly T[], input: Input): ApiResponse {
  const limit = input['limit'] === undefined ? all.length : Number(input['limit'])
  const after = stringInput(input, 'after')
  if (!Number.isSafeInteger(limit) || limit < 0) return rejected(400, 'limit: write a number such as 100')
  const at = after === undefined ? -1 : all.findIndex(({ id }) => id === after)
  if (after !== undefined && at < 0) return rejected(404, `after: there is no ${after} in this list (any more)`)
  return ok(all.slice(at + 1, at + 1 + limit))
}
