// Page origin: tells from Origin, Sec-Fetch-Site and Referer whether a page of another origin sent a request.

/** Fields a browser sets and no page can choose (Fetch 2.2.2, forbidden request-headers). Undefined: absent. */
export interface OriginFields {
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`. */
  readonly site: string | undefined
  readonly referer: string | undefined
}

/**
 * `own`: this origin, or typed in by the user. `trusted`: an origin of the list. `other`: any other page, or fields that
 * contradict one another. `unstated`: none of the fields, so no current browser.
 */
export type PageOrigin = 'own' | 'trusted' | 'other' | 'unstated'

/** `own` and `trusted` as serialized by browsers: `https://wiki.example.com`. */
export function pageOriginOf(fields: OriginFields, own: string, trusted: readonly string[]): PageOrigin {
  const { origin, site, referer } = fields
  if (origin !== undefined) {
    if (origin === own) return namesOwnSite(site) ? 'own' : 'other'
    if (trusted.includes(origin)) return 'trusted'
    // Fetch 3.2: a page under `Referrer-Policy: no-referrer` sends `Origin: null` with its own forms. A sandboxed frame
    // does so too, but its opaque origin is `cross-site` to everything.
    return origin === 'null' && site === 'same-origin' ? 'own' : 'other'
  }
  if (site !== undefined) return namesOwnSite(site) ? 'own' : 'other'
  if (referer === undefined) return 'unstated'
  const page = originOf(referer)
  if (page === own) return 'own'
  return page !== undefined && trusted.includes(page) ? 'trusted' : 'other'
}

/** `none`: the user's own doing, such as the address bar; no page can cause it (Fetch Metadata 2.3). */
function namesOwnSite(site: string | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none'
}

function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin
}
