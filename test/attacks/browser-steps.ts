// Browser navigation step by step: redirects, cookies set on the way, and a place to stop.

import type { Answer, Person } from '../support/user-client.ts'
import type { Environment } from './environment.ts'

export interface Hop {
  readonly url: URL
  readonly answer: Answer
}

/** Follows redirects and auto-submitting pages until there is nothing to follow or `before` returns true. */
export async function walk(
  ground: Environment,
  person: Person,
  from: string,
  before: (url: URL) => boolean = () => false,
): Promise<{ readonly hops: readonly Hop[]; readonly next: URL | undefined }> {
  const hops: Hop[] = []
  let url = new URL(from)
  for (let hop = 0; hop < 30; hop++) {
    if (before(url)) return { hops, next: url }
    const answer = await person.ask(url.href, ground.port, { page: true })
    hops.push({ url, answer })
    const refresh = /http-equiv="refresh" content="\d+; url=([^"]+)"/.exec(answer.body)?.[1]?.replaceAll('&amp;', '&')
    const next = answer.headers.location ?? refresh
    if (next === undefined) return { hops, next: undefined }
    url = new URL(next, url)
  }
  throw new Error('went round in circles')
}

/** Signs in up to the provider's redirect back, which is not followed. */
export async function untilCallback(ground: Environment, person: Person, from: string): Promise<URL> {
  const { next } = await walk(ground, person, from, (url) => url.pathname.startsWith('/callback/'))
  if (next === undefined) throw new Error('the provider did not redirect back')
  return next
}

export function hasSession(ground: Environment, person: Person): boolean {
  const hosts = ['access', 'erp', 'wiki', 'vault'].map((app) => new URL(ground.origin(app)).hostname)
  return hosts.some((host) => person.jar.value(host, '__Host-einlass') !== undefined)
}
