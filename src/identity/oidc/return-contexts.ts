// Return contexts, sealed: an app host keeps the target in a cookie; the URL of the sign-in page refers to that cookie.

import { randomBytes } from 'node:crypto'
import { browserTarget } from '../../http/browser-target.ts'
import type { Seal } from '../../store/seal.ts'
import {
  clearSignInCookie,
  setSignInCookie,
  signInCookieAge,
  signInCookieName,
  signInCookies,
  type SignInCookie,
} from '../session/sign-in-cookies.ts'
import { hashToken } from '../session/opaque-token.ts'
import type { Destination, ReturnContext, StepUp } from './return-context.ts'

export interface ReturnContexts {
  /**
   * `home`: in place of a target that cannot be kept; default `/`. `cookies`: the Cookie field of the request on the app host. `shared`: a cookie for the same target is used again, for scripts
   * that ask often. Returns the URL parameter, and values for `Set-Cookie`.
   */
  create(
    destination: Destination & { readonly home?: string },
    cookies: string | undefined,
    shared?: boolean,
  ): { readonly journey: string; readonly cookies: readonly string[] }
  /** Undefined when absent, forged or expired. */
  open(journey: string | undefined): ReturnContext | undefined
  /** The URL parameter for a context that was opened; its age does not start again. */
  seal(returnContext: ReturnContext): string
  /**
   * Target that the browser kept on the app host, and a value for `Set-Cookie` that removes it. Undefined in any other
   * browser (login CSRF) and on any other host.
   */
  takePage(
    host: string,
    cookies: string | undefined,
    page: NonNullable<ReturnContext['page']>,
  ): { readonly target: string; readonly cookie: string } | undefined
  /** Target under this id in this browser, without taking it: for a button or a session that the browser has anyway. */
  pageIn(host: string, cookies: string | undefined, id: string | undefined): string | undefined
}

export interface ReturnContextsOptions {
  readonly seal: Pick<Seal, 'seal' | 'open'>
  /** Host of the gateway: return contexts there need no ticket and no cookie. */
  readonly gatewayHost: () => string
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Characters of a target that fits, sealed, into one cookie. */
const maxTargetLength = 2700
/** Of a target on the gateway's host, which travels in the URL and then in the cookie of the authorization request. */
const maxOwnTargetLength = 1000
const maxJourneyLength = 4096
const lifetime = signInCookieAge * 1000

export function createReturnContexts({ seal, gatewayHost, now }: ReturnContextsOptions): ReturnContexts {
  const fresh = (at: number): boolean => now() - at < lifetime
  const sealJourney = (returnContext: ReturnContext): string => {
    const id = newId()
    return `${id}.${seal.seal('journey', id, JSON.stringify(encodeContext(returnContext)))}`
  }
  const openPage = (host: string, { id, value }: SignInCookie): { at: number; target: string } | undefined => {
    const text = seal.open('page', nameOf(host, id), value)
    if (text === undefined) return undefined
    const [at, target] = JSON.parse(text) as [number, string]
    return fresh(at) ? { at, target } : undefined
  }
  /** A cookie with this target that lives long enough for another sign-in. */
  const pageFor = (host: string, target: string, cookies: string | undefined): ReturnContext['page'] => {
    const found = signInCookies(cookies, 'page').find((cookie) => {
      const page = openPage(host, cookie)
      return page?.target === target && now() - page.at < lifetime / 2
    })
    return found && { id: found.id, hash: hashToken(found.value) }
  }
  return {
    create({ target: wanted, home = '/', ...destination }, cookies, shared = false) {
      const at = now()
      if (destination.host === gatewayHost()) {
        const target = safeTarget(browserTarget(wanted), maxOwnTargetLength)
        return { journey: sealJourney({ ...destination, target, page: undefined, at }), cookies: [] }
      }
      const target = safeTarget(browserTarget(wanted), maxTargetLength, home)
      const known = shared ? pageFor(destination.host, target, cookies) : undefined
      if (known) return { journey: sealJourney({ ...destination, target: '/', page: known, at }), cookies: [] }
      const id = newId()
      const value = seal.seal('page', nameOf(destination.host, id), JSON.stringify([at, target]))
      // The nonce and tag of the sealed value are unpredictable, so its hash binds the sign-in to this browser.
      const page = { id, hash: hashToken(value) }
      return {
        journey: sealJourney({ ...destination, target: '/', page, at }),
        cookies: setSignInCookie('page', { id, value }, cookies),
      }
    },
    open(journey) {
      if (journey === undefined || journey.length > maxJourneyLength) return undefined
      const dot = journey.indexOf('.')
      const text = dot === -1 ? undefined : seal.open('journey', journey.slice(0, dot), journey.slice(dot + 1))
      const found = text === undefined ? undefined : decodeContext(JSON.parse(text) as EncodedContext)
      return found && fresh(found.at) ? found : undefined
    },
    seal: sealJourney,
    takePage(host, cookies, { id, hash }) {
      const cookie = signInCookies(cookies, 'page').find((one) => one.id === id)
      if (cookie === undefined || hashToken(cookie.value) !== hash) return undefined
      const page = openPage(host, cookie)
      return page && { target: page.target, cookie: clearSignInCookie('page', id) }
    },
    pageIn(host, cookies, id) {
      const cookie = signInCookies(cookies, 'page').find((one) => one.id === id)
      return cookie && openPage(host, cookie)?.target
    },
  }
}

/** A compact form: the cookie of an authorization request contains it, and ten of those must fit into one Cookie field. */
export type EncodedContext = readonly [
  at: number,
  origin: string,
  /** Null when it is the host of `origin`. */
  host: string | null,
  target: string,
  app: string | null,
  page: readonly [id: string, hash: string] | null,
  stepUp: EncodedStepUp | null,
  provider: string | null,
]
export type EncodedStepUp = readonly [level: StepUp['level'], maxAge: number | null, silent: 0 | 1, from?: number]

export function encodeContext(context: ReturnContext): EncodedContext {
  const { at, origin, host, target, app, page, stepUp, provider } = context
  return [
    at,
    origin,
    host === hostOf(origin) ? null : host,
    target,
    app ?? null,
    page ? [page.id, page.hash] : null,
    encodeStepUp(stepUp),
    provider ?? null,
  ]
}

export function decodeContext(encoded: EncodedContext): ReturnContext {
  const [at, origin, host, target, app, page, stepUp, provider] = encoded
  return {
    at,
    origin,
    host: host ?? hostOf(origin),
    target,
    app: app ?? undefined,
    page: page ? { id: page[0], hash: page[1] } : undefined,
    stepUp: decodeStepUp(stepUp),
    provider: provider ?? undefined,
  }
}

export function encodeStepUp(stepUp: StepUp | undefined): EncodedStepUp | null {
  if (!stepUp) return null
  const { level, maxAge, silent, from } = stepUp
  const always = [level, maxAge ?? null, silent ? 1 : 0] as const
  return from === undefined ? always : [...always, from]
}

export function decodeStepUp(stepUp: EncodedStepUp | null): StepUp | undefined {
  if (!stepUp) return undefined
  const [level, maxAge, silent, from] = stepUp
  return {
    level,
    maxAge: maxAge ?? undefined,
    ...(silent === 1 && { silent: true }),
    ...(from !== undefined && { from }),
  }
}

function hostOf(origin: string): string {
  return new URL(origin).host
}

/** 96 random bits. The seal derives a key from it, so that no key seals more than one value (`store/seal.ts`). */
function newId(): string {
  return randomBytes(12).toString('base64url')
}

/** Bound to the host as well: a cookie carried to another app opens nothing there. */
function nameOf(host: string, id: string): string {
  return `${host} ${signInCookieName('page', id)}`
}

// The canonical request allows nothing else; checked again because this value is sent as a redirect.
function safeTarget(target: string, longest: number, home = '/'): string {
  if (!/^\/[\x21-\x5b\x5d-\x7e]*$/.test(target)) return home
  if (target.length <= longest) return target
  // Too long to keep: the page without its query is nearer to what was wanted than the front page.
  const path = target.replace(/\?.*$/, '')
  return path.length <= longest ? path : home
}
