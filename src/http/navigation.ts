// Navigation: tells from Fetch Metadata whether a browser loads a page, in a tab or in a frame, or whether a script asks.

/** `none`: a script, an image, or a program that shows no pages. */
export type Navigation = 'tab' | 'frame' | 'none'

export interface NavigationFields {
  /** The value when the field came exactly once. */
  get(name: string): string | undefined
  has(name: string): boolean
}

/** HTML 7.4.5: destinations of a document that another one embeds. */
const embedded = new Set(['iframe', 'frame', 'object', 'embed'])

/**
 * No page can set these fields (Fetch 2.2.2, forbidden request-headers) or begin a request in mode `navigate` (Fetch 5.3).
 * A service worker that passes a navigation on (`fetch(event.request)`) keeps the mode and loses the destination: `empty`.
 * It can do so only for pages of its own scope, and a redirect is followed by the browser, out of its sight.
 */
export function navigationOf(fields: NavigationFields): Navigation {
  const mode = fields.get('sec-fetch-mode')
  const destination = fields.get('sec-fetch-dest')
  if (destination !== undefined || mode !== undefined) {
    if (mode !== undefined && mode !== 'navigate') return 'none'
    if (destination !== undefined && embedded.has(destination)) return 'frame'
    return mode === 'navigate' || destination === 'document' ? 'tab' : 'none'
  }
  if (fields.has('x-requested-with')) return 'none'
  return (fields.get('accept') ?? '').toLowerCase().includes('text/html') ? 'tab' : 'none'
}
