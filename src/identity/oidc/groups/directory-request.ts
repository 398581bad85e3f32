// One request to a directory's API: a bearer token, a JSON object as answer, faults by status, and the token kept until it expires.

import type { Claims } from '../provider-claims.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { DirectoryFault } from './directory.ts'

export interface DirectoryRequest {
  readonly fetch: ProviderFetch
  readonly signal: AbortSignal
  readonly token: AppToken
  /** Also `accept` and `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the admin can do about 401 and 403. */
  readonly permission: string
}

/** Rejects with `DirectoryFault` for any answer but 200 with a JSON object. A rejected token is replaced once. */
export async function getJson(url: string, request: DirectoryRequest): Promise<Claims> {
  const answer = await get(url, request)
  if (answer.status !== 401) return objectOf(answer, request)
  // A key or permission that changed since the token was issued.
  request.token.drop()
  return objectOf(await get(url, request), request)
}

async function get(url: string, { fetch, signal, token, headers }: DirectoryRequest): Promise<Response> {
  const authorization = `Bearer ${await token.get()}`
  return fetch(url, { method: 'GET', headers: { ...headers, accept: 'application/json', authorization }, signal })
}

async function objectOf(answer: Response, { permission }: Pick<DirectoryRequest, 'permission'>): Promise<Claims> {
  const { status } = answer
  if (status === 401 || status === 403) {
    throw new DirectoryFault(`the directory answered ${status}: insufficient permission`, { status, mend: permission })
  }
  if (status === 429 || status === 503) {
    throw new DirectoryFault(`the directory answered ${status}`, { status, retryAfter: retryAfterOf(answer) })
  }
  if (status !== 200) throw new DirectoryFault(`the directory answered ${status}`, { status })
  return jsonObject(await answer.json())
}

export function jsonObject(value: unknown): Claims {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Claims
  throw new DirectoryFault('the directory sent something else than an object')
}

/** A list of objects, of each the member `name`; what is no text is left to the caller, which then knows of a gap. */
export function members(list: unknown, name: string): unknown[] {
  if (!Array.isArray(list)) throw new DirectoryFault('the directory sent no list of groups')
  return list.map((one: unknown) => (typeof one === 'object' && one !== null ? (one as Claims)[name] : undefined))
}

/** Milliseconds; RFC 9110 10.2.3, seconds only: both directories send them so. At most an hour. */
function retryAfterOf(answer: Response): number {
  const stated = answer.headers.get('retry-after') ?? ''
  const seconds = /^\d{1,6}$/.test(stated) ? Number(stated) : 10
  return Math.min(seconds, 3600) * 1000
}

export interface AppToken {
  /** One request for any number of callers. Rejects as `issue` does. */
  get(): Promise<string>
  drop(): void
}

/** `issue`: asks for a token; `expires`: epoch milliseconds. It is renewed a minute before. */
export function createAppToken(
  now: () => number,
  issue: () => Promise<{ readonly token: string; readonly expires: number }>,
): AppToken {
  let current: Promise<{ readonly token: string; readonly expires: number }> | undefined
  let until = Infinity
  return {
    async get() {
      if (now() >= until) current = undefined
      const asked = (current ??= issue())
      try {
        const { token, expires } = await asked
        if (current === asked) until = expires - 60_000
        return token
      } catch (error) {
        if (current === asked) current = undefined
        throw error
      }
    },
    drop() {
      current = undefined
    },
  }
}
