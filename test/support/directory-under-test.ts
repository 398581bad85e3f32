// Directory APIs of Microsoft Graph and Google for tests, on the server of a provider: correct except for the one deviation a test sets.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeJwt, decodeProtectedHeader } from 'jose'

export interface DirectoryUnderTest {
  /** Names per user (`oid`, or the user key of Google). */
  readonly groups: Map<string, readonly string[]>
  /** Requests for groups, in order: path and query. */
  readonly asked: string[]
  /** Assertions of the service account. */
  readonly assertions: { readonly header: object; readonly claims: Record<string, unknown> }[]
  pageSize: number
  /** Answers a request for groups itself; false: the usual answer. */
  answer: ((request: IncomingMessage, response: ServerResponse, url: URL) => boolean) | undefined
  /** Changes one page. */
  page: ((page: Record<string, unknown>, url: URL) => unknown) | undefined
  /** Answers a request for an access token with this error. */
  tokenError: string | undefined
  /** Tokens issued so far, and those accepted. */
  issued: number
  readonly valid: Set<string>
  /** True when the request was for the directory, and is answered. */
  handle(request: IncomingMessage, response: ServerResponse, form: URLSearchParams, origin: string): boolean
}

export function createDirectoryUnderTest(): DirectoryUnderTest {
  const self: DirectoryUnderTest = {
    groups: new Map(),
    asked: [],
    assertions: [],
    pageSize: 999,
    answer: undefined,
    page: undefined,
    tokenError: undefined,
    issued: 0,
    valid: new Set(),
    handle(request, response, form, origin) {
      const url = new URL(request.url!, origin)
      const forGraph = url.pathname === '/token' && form.get('grant_type') === 'client_credentials'
      if (forGraph || url.pathname === '/directory-token') return token(form, response, forGraph, origin)
      const user = /^\/v1\.0\/users\/([^/]+)\/transitiveMemberOf\/microsoft\.graph\.group$/.exec(url.pathname)?.[1]
      const isGoogle = url.pathname === '/admin/directory/v1/groups'
      if (user === undefined && !isGoogle) return false
      self.asked.push(url.pathname + url.search)
      if (self.answer?.(request, response, url) === true) return true
      const bearer = (request.headers.authorization ?? '').replace('Bearer ', '')
      if (!self.valid.has(bearer)) return send(response, 401, { error: {} })
      return isGoogle ? google(response, url) : graph(request, response, url, user!)
    },
  }
  return self

  function token(form: URLSearchParams, response: ServerResponse, forGraph: boolean, origin: string): true {
    if (self.tokenError !== undefined) return send(response, 401, { error: self.tokenError })
    if (forGraph && form.get('scope') !== `${origin}/.default`) return send(response, 400, { error: 'invalid_scope' })
    if (!forGraph) {
      const assertion = form.get('assertion')!
      self.assertions.push({ header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) })
    }
    const access_token = `app-token-${++self.issued}`
    self.valid.add(access_token)
    return send(response, 200, { access_token, token_type: 'Bearer', expires_in: 3600 })
  }

  function graph(request: IncomingMessage, response: ServerResponse, url: URL, user: string): true {
    // "Advanced query capabilities on directory objects": an OData cast needs both.
    if (request.headers.consistencylevel !== 'eventual' || url.searchParams.get('$count') !== 'true') {
      return send(response, 400, { error: { code: 'Request_UnsupportedQuery' } })
    }
    const all = self.groups.get(user)
    if (all === undefined) return send(response, 404, { error: { code: 'Request_ResourceNotFound' } })
    const from = Number(url.searchParams.get('$skiptoken') ?? 0)
    const value = all.slice(from, from + self.pageSize).map((id) => ({ id }))
    const next = new URL(url)
    next.searchParams.set('$skiptoken', String(from + self.pageSize))
    const more = from + self.pageSize < all.length
    const page = { '@odata.count': all.length, value, ...(more && { '@odata.nextLink': next.href }) }
    return send(response, 200, self.page?.(page, url) ?? page)
  }

  function google(response: ServerResponse, url: URL): true {
    const all = self.groups.get(url.searchParams.get('userKey') ?? '')
    if (all === undefined) return send(response, 404, { error: { code: 404 } })
    const size = Math.min(self.pageSize, Number(url.searchParams.get('maxResults')))
    const from = Number(url.searchParams.get('pageToken') ?? 0)
    const groups = all.slice(from, from + size).map((email) => ({ email, name: 'A display name', id: '1' }))
    const more = from + size < all.length
    const page = {
      kind: 'admin#directory#groups',
      ...(groups.length > 0 && { groups }),
      ...(more && { nextPageToken: String(from + size) }),
    }
    return send(response, 200, self.page?.(page, url) ?? page)
  }
}

function send(response: ServerResponse, status: number, body: unknown): true {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  return true
}
