// Input, response and pagination helpers of the admin API: JSON in, JSON out.

import type { Actor } from '../../../audit/event.ts'
import { didYouMean } from '../../../config/load/problem.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'
import type { RuntimeState } from '../status.ts'

/** Every client of the admin socket is an administrator: the permissions of the socket file are the access control. */
export const adminActor = { kind: 'administrator', name: 'admin socket' } as const satisfies Actor

export interface ApiResponse {
  readonly status: 200 | 400 | 404 | 503
  readonly value: unknown
}

/** Members of the JSON body and parameters of the query. */
export type Input = Readonly<Record<string, unknown>>

export type ApiHandler = (deps: Dependencies, input: Input, running: RuntimeState) => Promise<ApiResponse>

/** An endpoint and what its reference page says of it; one that is not described does not compile. */
export interface ApiRoute {
  /** One sentence. */
  readonly describes: string
  /** What it reads, by name: type, whether required, meaning. Only these fields reach the handler. */
  readonly input: Readonly<Record<string, string>>
  /** The value of an answer with status 200. */
  readonly output: string
  /** When it is answered with that status. */
  readonly errors: Readonly<Partial<Record<400 | 404, string>>>
  readonly handle: ApiHandler
}

export type ApiRoutes = Readonly<Record<`${'GET' | 'POST'} /${string}`, ApiRoute>>

export function ok(value: unknown): ApiResponse {
  return { status: 200, value }
}

export function rejected(status: 400 | 404, message: string): ApiResponse {
  return { status, value: { error: message } }
}

/** Undefined when the value is not a string, or empty. */
export function stringInput(input: Input, key: string): string | undefined {
  const value = input[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Error message for an unknown name, with the closest known name or the list of them. */
export function unknownName(key: string, kind: string, name: string, known: Iterable<string>): string {
  const names = [...known]
  const hint = didYouMean(name, names) || (names.length === 0 ? '; there is none' : `; there are: ${names.join(', ')}`)
  return `${key}: there is no ${kind} "${name}"${hint}`
}

/** Input of `paginate`. */
export const pageInput = {
  limit: 'number: at most so many; without it, all',
  after: 'text: only those behind the one with this id',
} as const

/** At most `limit` entries following the one with id `after` (cursor pagination). Defaults: all, from the start. */
export function paginate<T extends { readonly id: string }>(all: readonly T[], input: Input): ApiResponse {
  const limit = input['limit'] === undefined ? all.length : Number(input['limit'])
  const after = stringInput(input, 'after')
  if (!Number.isSafeInteger(limit) || limit < 0) return rejected(400, 'limit: must be a whole number, 0 or more')
  const index = after === undefined ? -1 : all.findIndex(({ id }) => id === after)
  if (after !== undefined && index < 0) return rejected(404, `after: no entry ${after} in this list (any more)`)
  return ok(all.slice(index + 1, index + 1 + limit))
}
