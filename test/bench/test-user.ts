// User of the bench: signs in through the provider's pages like a browser; and the header fields a browser sends.

import type { Person } from '../../src/demo/people.ts'
import { createPerson, type Person as Visitor } from '../support/user-client.ts'

export const person = {
  username: 'bench',
  name: 'Bea Bench',
  email: 'bea@example.com',
  password: 'bench',
  groups: ['staff', 'finance', 'group-07'],
  secondFactor: 'totp',
} as const satisfies Person

export const people: readonly Person[] = [person]

/** Header fields of a browser. */
export const browserHeaders = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language': 'de-DE,de;q=0.9,en;q=0.8',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Dest': 'empty',
} as const

export interface SignInOptions {
  /** Port of the proxy, for hosts below `.localhost`. */
  readonly port: number
  /** PEM, for `https:`. */
  readonly ca?: string
  /** Creates a new posture token for each request. */
  readonly posture?: () => Promise<string>
}

/** Signs in through the provider's pages with a second factor. Resolves with the cookies for `url`; rejects unless it returns 200. */
export async function signIn(url: string, options: SignInOptions): Promise<string> {
  const visitor = createVisitor(options)
  try {
    return await signInAs(visitor, url, options)
  } finally {
    visitor.close()
  }
}

export function createVisitor({ port, ca }: SignInOptions): Visitor {
  return createPerson(person.username, {
    isGateway: (host) => new RegExp(`\\.localhost:${port}$`).test(host),
    ...(ca !== undefined && { ca: () => ca }),
  })
}

export async function signInAs(visitor: Visitor, url: string, { port, posture }: SignInOptions): Promise<string> {
  await visitor.signIn(url, port)
  const known = async () => {
    const headers: Record<string, string> = posture === undefined ? {} : { 'device-posture': await posture() }
    return { page: true, headers }
  }
  let answer = await visitor.ask(url, port, await known())
  if (answer.status === 302 || answer.status === 303) {
    // The device is bound to the session now; only the second factor is missing.
    await visitor.signIn(url, port)
    answer = await visitor.ask(url, port, await known())
  }
  if (answer.status !== 200) throw new Error(`signing in ended with ${answer.status}: ${answer.body.slice(0, 300)}`)
  return visitor.jar.header(new URL(url)) ?? ''
}
