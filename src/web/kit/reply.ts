// Builds the responses of the built-in pages: HTML, redirect, JSON and files, with security headers.

import { plainFace, type Face } from './face.ts'
import { languageOf, type Language } from './language.ts'
import { layout, type Page } from './layout.ts'
import { chosenLanguage } from './preference-cookies.ts'
import { render } from './html.ts'
import { securityHeaders, type PagePolicy } from './security-headers.ts'
import { waitingOf } from './waiting.ts'
import type { Asset } from './assets.ts'

export interface Reply {
  readonly status: number
  /** Name, value, ...; the security headers are added by `reply()`. */
  readonly headers: readonly string[]
  readonly body: string | Buffer
  /** An answer of gRPC: sent with status 200 and without content, as `headers` say what happened. */
  readonly grpc?: boolean
}

/** The request as the built-in pages see it; the canonical request has this shape. */
export interface PageRequest {
  readonly id: string
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Value of Strict-Transport-Security, when the scheme is https; '' none; absent: the default. */
  readonly hsts?: string | undefined
  /** Name, logo and sentences of the organisation; absent: the host is not a configured one, and its pages name nobody. */
  readonly face?: Face | undefined
  readonly host: string
  readonly path: string
  /** '' or '?...'. */
  readonly query: string
  /** The value when the field came exactly once (Cookie and comma lists: joined), else undefined. Lower-case name. */
  header(name: string): string | undefined
  /** The client's address; undefined when a trusted proxy did not state it readably. */
  readonly address: string | undefined
  /** For rate limits, log and audit: `address`, or `unknown via` and the trusted proxy's. */
  readonly client: string
  /** Of the TCP peer. */
  readonly port: number
  /** Whether this is a page navigation, as opposed to a script or an image. */
  readonly navigation: boolean
  /** The page is loaded into a frame of another one; stated by the browser (`Sec-Fetch-Dest`). */
  readonly framed: boolean
  /** Set for a frame that the app accepts (`gateway/embedder.ts`); undefined: the answer may be shown in no frame. */
  readonly frame?: Frame | undefined
  /** Reads at most 64 KiB of `application/x-www-form-urlencoded` or JSON; rejects with code `bad_request` otherwise. */
  text(): Promise<string>
}

/** A frame in which the answer may be shown. */
export interface Frame {
  /** Origins of the pages that may show it (CSP `frame-ancestors`). */
  readonly embedders: readonly string[]
  /** The page around it is of another site: browsers send no session cookie (`SameSite=Lax`), so no sign-in can end there. */
  readonly otherSite: boolean
}

/**
 * The part of a request that exists even when the request is malformed: enough to answer 400.
 */
export type Requester = Pick<PageRequest, 'id' | 'scheme' | 'hsts' | 'face' | 'navigation' | 'frame' | 'header'>

export function language(requester: Requester): Language {
  return chosenLanguage(requester.header('cookie')) ?? languageOf(requester.header('accept-language'))
}

export function faceOf(requester: Requester): Face {
  return requester.face ?? plainFace
}

/** Adds `Cache-Control: no-store` and the security headers, each unless set. `headers` is flat: name, value, ... */
export function reply(
  requester: Requester,
  status: number,
  headers: readonly string[],
  body: string | Buffer,
  policy?: PagePolicy,
): Reply {
  const has = (name: string): boolean => headers.some((text, index) => index % 2 === 0 && text === name)
  const added = securityHeaders(requester, policy)
  return {
    status,
    headers: [
      ...headers,
      ...(has('Cache-Control') ? [] : ['Cache-Control', 'no-store']),
      'X-Request-Id',
      requester.id,
      ...added.filter((_text, index) => !has(added[index - (index % 2)]!)),
    ],
    body,
  }
}

export function page(requester: Requester, status: number, content: Page, headers: readonly string[] = []): Reply {
  const face = faceOf(requester)
  const spoken = language(requester)
  const waiting = content.waits ? waitingOf(requester, spoken) : undefined
  const document = render(
    layout(content, {
      language: spoken,
      requestId: requester.id,
      face,
      framed: requester.frame !== undefined,
      waiting,
    }),
  )
  // A page with an inline style loads nothing from here but the logo.
  const style: PagePolicy = content.selfContained ? { style: face.inlineStyle.hash } : { fonts: true }
  return reply(
    requester,
    status,
    [
      'Content-Type',
      'text/html; charset=utf-8',
      ...described(requester),
      ...headers,
      ...(waiting === undefined ? [] : waiting.headers),
    ],
    document,
    { ...content.policy, ...style },
  )
}

/**
 * 303: the browser uses GET (RFC 9110 section 15.4.4); 308: another address of the same (section 15.4.9). `location` must
 * not come from the client (open redirect).
 */
export function redirect(
  requester: Requester,
  location: string,
  headers: readonly string[] = [],
  status: 302 | 303 | 308 = 303,
): Reply {
  return reply(requester, status, ['Location', location, ...headers], '')
}

/** Flat header list of `Set-Cookie` values. */
export function setCookies(cookies: readonly string[]): readonly string[] {
  return cookies.flatMap((cookie) => ['Set-Cookie', cookie])
}

export function json(requester: Requester, status: number, value: unknown, headers: readonly string[] = []): Reply {
  return reply(requester, status, ['Content-Type', 'application/json', ...headers], `${JSON.stringify(value)}\n`)
}

export function file(requester: Requester, asset: Asset): Reply {
  return reply(
    requester,
    200,
    ['Content-Type', asset.type, 'Cache-Control', 'public, max-age=31536000, immutable'],
    asset.body,
  )
}

/** `Content-Language`, and `Vary` because the language was negotiated (RFC 9110 section 12.5.5). */
export function described(requester: Requester): readonly string[] {
  return ['Content-Language', language(requester), 'Vary', 'Accept-Language']
}
