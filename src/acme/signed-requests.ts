// Signed requests of ACME (RFC 8555 6): directory, nonces, JWS with the account key, problem documents, Retry-After.

import { FlattenedSign, type JWK } from 'jose'
import type { BoundedHttp, ResponseHead } from '../net/bounded-http.ts'
import { AcmeFailure, exchangeFailure, failureOf } from './acme-failure.ts'

export interface Directory {
  readonly newNonce: string
  readonly newAccount: string
  readonly newOrder: string
  /** RFC 9773 4.1; undefined: the authority has none. */
  readonly renewalInfo: string | undefined
}

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  /** Epoch milliseconds of `Retry-After`; undefined without. */
  readonly retryAt: number | undefined
  /** Parsed JSON; undefined for another type. */
  readonly json: unknown
  readonly text: string
}

/** Who signs: the account once it has a URL, until then its key (RFC 8555 6.2). */
export interface Signer {
  readonly key: CryptoKey
  readonly id: { readonly kid: string } | { readonly jwk: JWK }
}

/** All reject with `AcmeFailure`. */
export interface SignedRequests {
  /** Read once. */
  directory(): Promise<Directory>
  /** `payload` undefined: POST-as-GET (RFC 8555 6.3). Repeated while the authority refuses the nonce (6.5). */
  post(url: string, payload: object | undefined, signer: Signer, signal?: AbortSignal): Promise<Answer>
  /** Not signed: only for what needs no account. */
  get(url: string, signal?: AbortSignal): Promise<Answer>
}

/** Of one request: half of them may be refused without a reason, as by an authority with many nodes. */
const maxNonceRetries = 24
const maxNonces = 32

export function createSignedRequests(options: {
  readonly http: Pick<BoundedHttp, 'fetch'>
  readonly directoryUrl: string
  readonly userAgent: string
  readonly now: () => number
}): SignedRequests {
  const { http, directoryUrl, userAgent, now } = options
  const nonces: string[] = []
  let directory: Promise<Directory> | undefined

  async function exchange(method: string, url: string, body?: string, signal?: AbortSignal): Promise<Answer> {
    const headers = { 'user-agent': userAgent, ...(body !== undefined && { 'content-type': 'application/jose+json' }) }
    const answer = await http.fetch(url, { method, headers, body, signal }).catch((error: unknown) => {
      throw exchangeFailure(error, url)
    })
    const nonce = single(answer, 'replay-nonce')
    // RFC 8555 6.5.1: base64url; the newest are the most likely to be valid.
    if (nonce !== undefined && /^[A-Za-z0-9_-]{1,512}$/.test(nonce)) nonces.push(nonce)
    if (nonces.length > maxNonces) nonces.shift()
    const text = answer.body.toString('utf8')
    return {
      status: answer.status,
      location: single(answer, 'location'),
      retryAt: retryTime(single(answer, 'retry-after'), now()),
      json: jsonOf(single(answer, 'content-type'), text, url),
      text,
    }
  }

  async function loadDirectory(): Promise<Directory> {
    const { status, json } = await exchange('GET', directoryUrl)
    const { newNonce, newAccount, newOrder, renewalInfo } = (json ?? {}) as Readonly<Record<string, unknown>>
    if (
      status !== 200 ||
      typeof newNonce !== 'string' ||
      typeof newAccount !== 'string' ||
      typeof newOrder !== 'string'
    ) {
      throw new AcmeFailure('unusable_answer', `${directoryUrl} is no directory (status ${status})`)
    }
    return { newNonce, newAccount, newOrder, renewalInfo: typeof renewalInfo === 'string' ? renewalInfo : undefined }
  }

  async function takeNonce(signal: AbortSignal | undefined): Promise<string> {
    if (nonces.length === 0) await exchange('HEAD', (await load()).newNonce, undefined, signal)
    const nonce = nonces.pop()
    if (nonce === undefined) throw new AcmeFailure('unusable_answer', 'the authority gave no nonce')
    return nonce
  }

  function load(): Promise<Directory> {
    directory ??= loadDirectory().catch((error: unknown) => {
      directory = undefined
      throw error
    })
    return directory
  }

  return {
    directory: load,
    async post(url, payload, { key, id }, signal) {
      const bytes = new TextEncoder().encode(payload === undefined ? '' : JSON.stringify(payload))
      for (let retry = 0; ; retry++) {
        const nonce = await takeNonce(signal)
        const jws = await new FlattenedSign(bytes).setProtectedHeader({ alg: 'ES256', nonce, url, ...id }).sign(key)
        const answer = await exchange('POST', url, JSON.stringify({ ...jws, payload: jws.payload ?? '' }), signal)
        if (answer.status < 400) return answer
        const failure = failureOf(answer.json, { status: answer.status, notBefore: answer.retryAt })
        if (failure.code !== 'badNonce' || retry >= maxNonceRetries) throw failure
      }
    },
    async get(url, signal) {
      const answer = await exchange('GET', url, undefined, signal)
      if (answer.status >= 400) throw failureOf(answer.json, { status: answer.status, notBefore: answer.retryAt })
      return answer
    },
  }
}

function single({ headers }: ResponseHead, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function jsonOf(type: string | undefined, text: string, url: string): unknown {
  // Of HEAD, the type says what GET would have.
  if (text === '' || type === undefined || !/^application\/(?:problem\+)?json\b/i.test(type)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new AcmeFailure('unusable_answer', `${URL.parse(url)?.host ?? 'the authority'} sent invalid JSON`, { cause })
  }
}

/** RFC 9110 10.2.3: seconds or a date. At most a week, so that no answer stops renewal for good. */
function retryTime(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const at = /^\d{1,9}$/.test(value) ? now + Number(value) * 1000 : Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at, now), now + 7 * 24 * 3_600_000)
}
