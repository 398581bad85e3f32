// Forms sent to us: read within bounds, and believed only when they come from a page of ours.

import type { PageRequest } from './reply.ts'

export type Form =
  | { readonly state: 'read'; readonly fields: Fields }
  /** Sent from another site, or nobody says from where. */
  | { readonly state: 'foreign' }
  | { readonly state: 'malformed' }

/** A field's value when it came exactly once. */
export type Fields = (name: string) => string | undefined

/** `origin`: our own on the host the form was sent to, from the configuration. */
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
  return { state: 'read', fields: fieldsOf(text) }
}

/**
 * Whether a page of ours sent this. `Sec-Fetch-Site` is the browser's own word and cannot be set by a page; browsers
 * too old for it send `Origin` with every POST. A request with neither is not from a browser with a form of ours.
 */
export function isSameOrigin(request: Pick<PageRequest, 'header'>, origin: string): boolean {
  const app = request.header('sec-fetch-site')
  if (app !== undefined) return app === 'same-origin'
  return request.header('origin') === origin
}

/** Of a query string (with or without `?`) or an urlencoded body. A name that came twice is ambiguous: absent. */
export function fieldsOf(encoded: string): Fields {
  const parameters = new URLSearchParams(encoded)
  return (name) => {
    const values = parameters.getAll(name)
    return values.length === 1 ? values[0] : undefined
  }
}
