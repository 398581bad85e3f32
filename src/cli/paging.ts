// Long lists at a terminal: so many at once, and how to see those behind them.

import { UsageError } from './parse-arguments.ts'

interface PageOptions {
  readonly limit?: string | undefined
  readonly after?: string | undefined
  readonly json?: boolean | undefined
}

/** How many a person gets at once; a program gets all. */
const defaultPageSize = 200

/** The query, one more than is shown: so it is known whether there are more. Throws `WrongUsage`. */
export function paged(asked: PageOptions, more: Readonly<Record<string, string | undefined>> = {}): string {
  const limit = limitOf(asked)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...more, after: asked.after }))
    if (value !== undefined) query.set(name, value)
  if (limit !== undefined) query.set('limit', String(asked.json === true ? limit : limit + 1))
  return query.size === 0 ? '' : `?${query}`
}

/** Those to show, and a line about the rest. */
export function shownAtOnce<T extends { readonly id: string }>(
  all: readonly T[],
  asked: PageOptions,
  command: string,
): { readonly some: readonly T[]; readonly rest: string } {
  const limit = limitOf(asked) ?? all.length
  const some = all.slice(0, limit)
  const last = some.at(-1)
  const rest =
    all.length > limit && last !== undefined ? `there are more: einlass ${command} list --after ${last.id}\n` : ''
  return { some, rest }
}

/** In an answer of the gateway, null is what there is none of. */
export function ofList<T>(value: T | null | undefined): T | undefined {
  return value ?? undefined
}

function limitOf({ limit, json }: PageOptions): number | undefined {
  if (limit === undefined) return json === true ? undefined : defaultPageSize
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw new UsageError('--limit: write a number such as 100')
  return Number(limit)
}
