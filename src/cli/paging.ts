// Paging of long lists: page size, query parameters, and the hint for the next page.

import { UsageError } from './parse-arguments.ts'

interface PageOptions {
  readonly limit?: string | undefined
  readonly after?: string | undefined
  readonly json?: boolean | undefined
}

/** Page size of text output; JSON output has no limit by default. */
const defaultPageSize = 200

/** Query string. For text, requests one element more than shown, to detect a further page. Throws `UsageError`. */
export function pageQuery(options: PageOptions, more: Readonly<Record<string, string | undefined>> = {}): string {
  const limit = limitOf(options)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...more, after: options.after }))
    if (value !== undefined) query.set(name, value)
  if (limit !== undefined) query.set('limit', String(options.json === true ? limit : limit + 1))
  return query.size === 0 ? '' : `?${query}`
}

/** `some`: the elements of the page; `rest`: the line about the next page, or empty. */
export function firstPage<T extends { readonly id: string }>(
  all: readonly T[],
  options: PageOptions,
  command: string,
): { readonly some: readonly T[]; readonly rest: string } {
  const limit = limitOf(options) ?? all.length
  const some = all.slice(0, limit)
  const last = some.at(-1)
  const rest = all.length > limit && last !== undefined ? `more: einlass ${command} list --after ${last.id}\n` : ''
  return { some, rest }
}

/** Absent values are null in responses of the gateway. */
export function nullToUndefined<T>(value: T | null | undefined): T | undefined {
  return value ?? undefined
}

function limitOf({ limit, json }: PageOptions): number | undefined {
  if (limit === undefined) return json === true ? undefined : defaultPageSize
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw new UsageError('--limit: expected a number such as 100')
  return Number(limit)
}
