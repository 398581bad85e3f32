// Reads form posts with a size limit and a CSRF check (`Sec-Fetch-Site`, else `Origin`).

import { pageOriginOf } from '../../http/page-origin.ts'
import type { PageRequest } from './reply.ts'

export type Form =
  | { readonly state: 'read'; readonly fields: Fields; readonly names: readonly string[] }
  /** The CSRF check failed: cross-site, or neither header is present. */
  | { readonly state: 'foreign' }
  | { readonly state: 'malformed' }

/** The value of a field that occurs exactly once, else undefined. */
export type Fields = (name: string) => string | undefined

/** Reads a form after the CSRF check; never rejects. `origin`: configured origin of the host to which it was sent. */
export async function readForm(request: PageRequest, origin: string): Promise<Form> {
  if (!isSameOrigin(request, origin)) return { state: 'foreign' }
  const type = request.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') return { state: 'malformed' }
  let text: string
  try {
    text = await request.text()
  } catch {
    return { state: 'malformed' }
  }
  return { state: 'read', fields: fieldsOf(text), names: [...new URLSearchParams(text).keys()] }
}

/**
 * CSRF check, stricter than for applications: a form of ours is sent by our page, never typed in (`none`), and a request
 * without both fields, or with a Referer alone, is no browser's.
 */
export function isSameOrigin({ header }: Pick<PageRequest, 'header'>, origin: string): boolean {
  const site = header('sec-fetch-site')
  const sender = header('origin')
  if ((site === undefined && sender === undefined) || site === 'none') return false
  return pageOriginOf({ origin: sender, site, referer: undefined }, origin, []) === 'own'
}

/** Fields of a query string (with or without `?`) or an urlencoded body. A duplicate name is ambiguous, so absent. */
export function fieldsOf(encoded: string): Fields {
  const parameters = new URLSearchParams(encoded)
  return (name) => {
    const values = parameters.getAll(name)
    return values.length === 1 ? values[0] : undefined
  }
}
