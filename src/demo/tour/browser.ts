// Simulated browser of one user on the tour: opens pages, signs in, and watches long-lived connections.

import { WebSocket } from 'ws'
import type { AppName } from '../apps/names.ts'
import { lookupWithLoopback } from '../../net/loopback.ts'
import type { Person } from '../people.ts'
import type { Received } from '../apps/received.ts'
import type { DemoEnvironment } from '../stage.ts'
import { createTourClient, type RequestOptions, type PageResponse, type TourClient } from './client.ts'

export interface PageVisit {
  readonly seen: PageResponse
  /** Steps of the provider's pages: `password`, `totp`, `passkey`, `unable`. */
  readonly asked: readonly string[]
}

export interface Visitor {
  readonly person: Person
  readonly client: TourClient
  open(url: string, asked?: RequestOptions): Promise<PageVisit>
  /** Continues from a page of the gateway or the provider, as `open` does. */
  continueSignIn(seen: PageResponse): Promise<PageVisit>
  /** Request of a script: does not follow redirects. */
  call(url: string, headers?: Readonly<Record<string, string>>): Promise<PageResponse>
  /** The request that an app received, sent with these headers. Rejects if it was not reached. */
  received(app: AppName, headers?: Readonly<Record<string, string>>): Promise<Received>
  socket(url: string): Promise<LongLivedConnection>
  stream(url: string): Promise<LongLivedConnection>
  close(): void
}

/** A long-lived connection. */
export interface LongLivedConnection {
  /** Bytes or messages received so far. */
  received(): number
  /** Resolves with the time it was closed by the other side, epoch milliseconds. */
  readonly ended: Promise<number>
}

export function createVisitor(stage: DemoEnvironment, provider: 'company' | 'partner', person: Person): Visitor {
  const client = createTourClient()
  const { addresses } = stage
  const undo: (() => void)[] = [() => client.close()]

  async function open(url: string, options: RequestOptions = {}): Promise<PageVisit> {
    return continueSignIn(await client.go(url, options))
  }

  async function continueSignIn(from: PageResponse): Promise<PageVisit> {
    let seen = from
    const asked: string[] = []
    for (let page = 0; page < 10; page++) {
      const { hostname, pathname } = seen.url
      if (hostname === 'access.localhost' && pathname === '/sign-in') {
        seen = await client.go(new URL(choiceOf(seen, provider), seen.url))
      } else if ((hostname === 'login.localhost' || hostname === 'partner.localhost') && seen.status === 200) {
        seen = await answer(seen, asked)
      } else return { seen, asked }
    }
    throw new Error(`sign-in loop, last at ${seen.url.href}`)
  }

  async function answer(seen: PageResponse, asked: string[]): Promise<PageResponse> {
    if (seen.body.includes('op.logoutForm')) return client.submit(seen, { logout: 'yes' })
    const step = /name="step" value="(password|totp|passkey|unable)"/.exec(seen.body)?.[1]
    if (step === undefined) return client.go(new URL(`?person=${person.username}`, seen.url))
    asked.push(step)
    return client.submit(seen)
  }

  async function received(app: AppName, headers: Readonly<Record<string, string>> = {}): Promise<Received> {
    const seen = await client.go(`${addresses.apps[app]}/received`, { headers, kind: 'script', follow: false })
    if (seen.status !== 200) throw new Error(`the ${app} was not reached: ${seen.status} ${seen.body.slice(0, 200)}`)
    return JSON.parse(seen.body) as Received
  }

  async function socket(url: string): Promise<LongLivedConnection> {
    const cookie = client.jar.header(new URL(url))
    const connection = new WebSocket(url.replace('http', 'ws'), {
      lookup: lookupWithLoopback,
      origin: new URL(url).origin,
      headers: cookie === undefined ? {} : { cookie },
    })
    undo.push(() => connection.terminate())
    let heard = 0
    connection.on('message', () => (heard += 1))
    const ended = new Promise<number>((resolve) => connection.on('close', () => resolve(Date.now())))
    await new Promise((resolve, reject) => {
      connection.on('error', reject)
      connection.once('message', resolve)
    })
    return { received: () => heard, ended }
  }

  async function stream(url: string): Promise<LongLivedConnection> {
    const answer = await client.stream(url)
    undo.push(() => answer.destroy())
    let heard = 0
    if (answer.statusCode !== 200) throw new Error(`${url} returned ${answer.statusCode}, not 200`)
    answer.on('error', () => undefined)
    const ended = new Promise<number>((resolve) => answer.on('close', () => resolve(Date.now())))
    await new Promise((resolve) => {
      answer.on('data', (chunk: Buffer) => resolve((heard += chunk.length)))
      answer.on('close', resolve)
    })
    return { received: () => heard, ended }
  }

  return {
    person,
    client,
    open,
    continueSignIn,
    call: (url, headers = {}) => client.go(url, { headers, kind: 'script', follow: false }),
    received,
    socket,
    stream,
    close: () => undo.splice(0).forEach((step) => step()),
  }
}

/** The link to a provider on the sign-in page. */
function choiceOf(seen: PageResponse, provider: string): string {
  const links = [...seen.body.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&'))
  const found = links.find((href) => new URL(href, seen.url).searchParams.get('provider') === provider)
  if (found === undefined) throw new Error(`the sign-in page (${seen.status}) has no link to ${provider}`)
  return found
}
