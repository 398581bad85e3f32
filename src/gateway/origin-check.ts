// Origin check: refuses writes, WebSocket handshakes and CORS preflights that pages of other origins send (CSRF).

import type { App } from '../config/configuration.ts'
import { isToken } from '../http/field-syntax.ts'
import { pageOriginOf, type OriginFields } from '../http/page-origin.ts'
import { never } from '../policy/never.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

export interface RequestSource extends OriginFields {
  readonly kind: 'write' | 'upgrade' | 'preflight'
  /** A POST as a page can send it without a preflight, by a client that calls itself a browser. */
  readonly browserForm: boolean
  /** A form that a browser sends as a navigation: `cross_site_posts` may admit it. */
  readonly navigation: boolean
}

type AppOrigins = Pick<App, 'origin' | 'addresses' | 'trustedOrigins' | 'websocketOrigins' | 'websocketWithoutOrigin'>

type SourceFields = Pick<CanonicalRequest, 'method' | 'upgrade' | 'header' | 'contentLength'> &
  Partial<Pick<CanonicalRequest, 'navigation' | 'framed'>>

/** Undefined for reading requests, which the check does not concern: no allocation on their way. */
export function requestSource(request: SourceFields): RequestSource | undefined {
  const { method, upgrade } = request
  if (upgrade !== undefined) return sourceOf('upgrade', request)
  if (method === 'GET' || method === 'HEAD') return undefined
  if (method === 'OPTIONS') return isPreflight(request) ? sourceOf('preflight', request) : undefined
  return sourceOf('write', request)
}

function sourceOf(kind: RequestSource['kind'], { method, header, navigation, framed }: SourceFields): RequestSource {
  const origin = header('origin')
  const site = header('sec-fetch-site')
  const referer = header('referer')
  const stated = origin !== undefined || site !== undefined || referer !== undefined
  const post = method === 'POST'
  const browserForm = !stated && post && isBrowserForm(header)
  return { kind, origin, site, referer, browserForm, navigation: post && (navigation === true || framed === true) }
}

/** Fetch 4.8: a preflight names a method, and has neither credentials nor content. Anything else needs a session. */
function isPreflight({ header, contentLength }: Pick<CanonicalRequest, 'header' | 'contentLength'>): boolean {
  const wanted = header('access-control-request-method')
  if (wanted === undefined || !isToken(wanted) || header('origin') === undefined) return false
  return contentLength === 0 && header('cookie') === undefined && header('authorization') === undefined
}

/** Content types a page can send to another origin without a preflight (Fetch 2.2.2, CORS-safelisted). */
const formTypes = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)?\s*(?:;|$)/i

/**
 * Browsers of before 2020 send no Origin with forms, and a page can suppress their Referer. They call themselves
 * Mozilla; command-line clients do not.
 */
function isBrowserForm(header: CanonicalRequest['header']): boolean {
  return /^\s*mozilla\//i.test(header('user-agent') ?? '') && formTypes.test((header('content-type') ?? '').trim())
}

/**
 * True for requests that a page of another origin sent, or may have sent. `requested`: origin of the address that was
 * requested, default the app's first.
 */
export function isCrossOrigin(
  app: AppOrigins,
  source: RequestSource | undefined,
  requested: string = app.origin,
): boolean {
  if (source === undefined) return false
  const page = pageOriginOf(source, requested, trustedOrigins(app, source.kind))
  switch (page) {
    case 'own':
    case 'trusted':
      return needsOrigin(app, source)
    case 'unstated':
      return needsOrigin(app, source) || source.browserForm
    case 'other':
      return true
    default:
      return never(page)
  }
}

/** RFC 6455 10.2: browsers always send Origin with a handshake. Without it a stolen cookie may be in use. */
function needsOrigin(app: AppOrigins, { kind, origin }: RequestSource): boolean {
  return kind === 'upgrade' && origin === undefined && !app.websocketWithoutOrigin
}

/** A preflight from another host of the app or a trusted origin: reaches the app without a session, as it never has one. */
export function isTrustedPreflight(
  app: Pick<AppOrigins, 'addresses' | 'trustedOrigins'>,
  source: RequestSource | undefined,
): boolean {
  return source?.kind === 'preflight' && source.origin !== undefined && pageOrigins(app).includes(source.origin)
}

/** Origins whose pages may act at the app, besides that of the host that was requested: its other hosts, and `trusted_origins`. */
export function pageOrigins({
  addresses,
  trustedOrigins: trusted,
}: Pick<AppOrigins, 'addresses' | 'trustedOrigins'>): readonly string[] {
  return addresses.length === 1 ? trusted : [...addresses.map(({ origin }) => origin), ...trusted]
}

function trustedOrigins(app: AppOrigins, kind: RequestSource['kind']): readonly string[] {
  const pages = pageOrigins(app)
  return kind !== 'upgrade' || app.websocketOrigins.length === 0 ? pages : [...pages, ...app.websocketOrigins]
}

const shownOrigin = /^https?:\/\/([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/

/** Parameters of the reason: the page's origin and host, if it is one that can be named in `trusted_origins`. */
export function originParameters({ origin, referer }: RequestSource): Readonly<Record<string, string>> {
  const page = origin ?? URL.parse(referer ?? '')?.origin
  const parts = page === undefined ? null : shownOrigin.exec(page)
  return parts === null ? {} : { origin: page!, host: page!.slice(page!.indexOf('//') + 2) }
}
