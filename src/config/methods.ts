// HTTP methods that an app may accept (`methods`): the named sets, and the check of a single name.

/** `http`, the default. */
export const httpMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** RFC 4918. */
const webdav = 'PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK'
/** RFC 3253. */
const versioning =
  'REPORT VERSION-CONTROL CHECKOUT CHECKIN UNCHECKOUT MKWORKSPACE UPDATE LABEL MERGE BASELINE-CONTROL MKACTIVITY'
/** Access control (RFC 3744), search (RFC 5323), calendars (RFC 4791), queries (RFC 10008). */
const extensions = 'ACL SEARCH MKCALENDAR QUERY'

/** `webdav`: `http` and those. */
export const webdavMethods: ReadonlySet<string> = new Set([
  ...httpMethods,
  ...`${webdav} ${versioning} ${extensions}`.split(' '),
])

/** What `methods` means. `all`: every name that `isMethod` accepts. */
export type Methods = ReadonlySet<string> | 'all'

/** Characters; the longest registered name has 17. */
export const maxMethodLength = 32

/**
 * RFC 9110 9.1: names are case-sensitive and, by convention, in capitals. Others are refused: an application that ignores
 * case would take `delete` for DELETE, which rules about methods do not see.
 */
const capitals = /^[A-Z0-9!#$%&'*+\-.^_`|~]{1,32}$/

/** True for a name that may be sent to an application at all. */
export function isMethod(name: string): boolean {
  return capitals.test(name) && !isForbiddenMethod(name)
}

/** CONNECT asks for a tunnel; TRACE, and Microsoft's TRACK, would show a page the cookies it must not read. */
export function isForbiddenMethod(name: string): boolean {
  return /^(?:CONNECT|TRACE|TRACK)$/i.test(name)
}
