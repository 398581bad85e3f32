// HTTP client that acts as a user with a browser: signs in page by page, then sends requests and opens streams through any node.

import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { WebSocket } from 'ws'
import { createCookieJar, type CookieJar } from '../../src/demo/tour/cookie-jar.ts'
import { formsOf, type PageResponse } from '../../src/demo/tour/client.ts'

export interface Person {
  readonly username: string
  readonly jar: CookieJar
  /** Opens a page, signing in if required. `through`: port of the node. */
  signIn(url: string, through: number): Promise<PageResponse>
  /** One request, no redirect followed. Sent like a script's fetch, unless `page`. */
  ask(url: string, through: number, asked?: Asked): Promise<Answer>
  /** A streamed response. Rejects when the status is not 200. */
  stream(url: string, through: number, asked?: Asked): Promise<Watched>
  /** Rejects with `code: number` when the upgrade is refused. */
  socket(url: string, through: number, asked?: Pick<Asked, 'headers' | 'from'>): Promise<WatchedSocket>
  close(): void
}

export type Fields = Readonly<Record<string, string | readonly string[]>>

export interface Asked {
  readonly method?: string
  readonly headers?: Fields
  readonly body?: string
  readonly page?: boolean
  /** Source address, within loopback. */
  readonly from?: string
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Watched {
  /** Bytes so far. */
  heard(): number
  /** Epoch milliseconds of the last byte. */
  lastAt(): number
  /** Epoch milliseconds of its end; undefined while it is open. */
  endedAt(): number | undefined
  readonly ended: Promise<number>
}

export interface WatchedSocket extends Watched {
  /** Resolves with the app's echo; rejects when none arrives within `timeout` milliseconds (2 s). */
  echo(text: string, timeout?: number): Promise<void>
}

export interface UserClientOptions {
  /** True for hosts (with port) of the gateway, which are sent to the node; other URLs go to their own port. */
  isGateway(host: string): boolean
  /** PEM, for `https:`. */
  readonly ca?: () => string
}

export function createPerson(username: string, { isGateway, ca }: UserClientOptions): Person {
  const jar = createCookieJar()
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) }
  const undo: (() => void)[] = [() => agents.http.destroy(), () => agents.https.destroy()]

  function place(url: URL, through: number): { host: string; port: number } {
    return { host: '127.0.0.1', port: isGateway(url.host) ? through : Number(url.port) }
  }

  function send(url: URL, through: number, asked: Asked): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:'
    const cookie = jar.header(url)
    const { page = false, body } = asked
    const options = {
      ...place(url, through),
      method: asked.method ?? 'GET',
      path: url.pathname + url.search,
      localAddress: asked.from,
      headers: {
        host: url.host,
        'user-agent': 'scenario',
        accept: page ? 'text/html' : '*/*',
        'sec-fetch-dest': page ? 'document' : 'empty',
        'sec-fetch-site': asked.method === undefined || asked.method === 'GET' ? 'none' : 'same-origin',
        ...(body !== undefined && {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
        }),
        ...(cookie !== undefined && { cookie }),
        ...(asked.headers as Record<string, string>),
      },
    }
    return new Promise((resolve, reject) => {
      const outgoing = secure
        ? https.request({ ...options, agent: agents.https, servername: url.hostname, ca: ca?.() })
        : http.request({ ...options, agent: agents.http })
      outgoing.setTimeout(20_000, () => outgoing.destroy(new Error(`${url.href} did not answer within 20 s`)))
      outgoing.on('error', reject)
      outgoing.on('response', (answer) => {
        jar.store(url, answer.headers['set-cookie'] ?? [])
        resolve(answer)
      })
      outgoing.end(body)
    })
  }

  async function ask(url: string, through: number, asked: Asked = {}): Promise<Answer> {
    const answer = await send(new URL(url), through, asked)
    let body = ''
    for await (const chunk of answer.setEncoding('utf8')) body += chunk
    return { status: answer.statusCode ?? 0, headers: answer.headers, body }
  }

  async function signIn(target: string, through: number): Promise<PageResponse> {
    let url = new URL(target)
    let asked: Asked = { page: true }
    for (let hop = 0; hop < 40; hop++) {
      const answer = await ask(url.href, through, asked)
      const location = answer.status >= 300 && answer.status < 400 ? answer.headers.location : undefined
      asked = { page: true }
      if (location !== undefined) {
        url = new URL(location, url)
        continue
      }
      const seen: PageResponse = { url, ...answer, via: [] }
      // The provider's pages: user selection, then a form that is already filled in.
      if (isGateway(url.host) || answer.status !== 200) return seen
      const form = formsOf(seen)[0]
      if (!/name="step" value="(?:password|totp|passkey)"/.test(answer.body)) {
        url = new URL(`?person=${username}`, url)
        continue
      }
      url = form!.action
      asked = { page: true, method: 'POST', body: new URLSearchParams(form!.fields).toString() }
    }
    throw new Error(`redirect loop while signing in, last at ${url.href}`)
  }

  async function stream(url: string, through: number, asked: Asked = {}): Promise<Watched> {
    const answer = await send(new URL(url), through, asked)
    undo.push(() => answer.destroy())
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`)
    const watch = watching()
    answer.on('error', () => {})
    answer.on('close', watch.over)
    answer.on('data', (chunk: Buffer) => watch.hear(chunk.length))
    await watch.first
    return watch.watched
  }

  async function socket(url: string, through: number, asked: Asked = {}): Promise<WatchedSocket> {
    const address = new URL(url)
    const cookie = jar.header(address)
    const { port } = place(address, through)
    const secure = address.protocol === 'https:'
    const client = new WebSocket(`${secure ? 'wss' : 'ws'}://127.0.0.1:${port}${address.pathname}`, {
      headers: {
        host: address.host,
        origin: address.origin,
        ...(cookie !== undefined && { cookie }),
        ...(asked.headers as Record<string, string>),
      },
      localAddress: asked.from,
      ...(secure && { servername: address.hostname, ca: ca?.() }),
    })
    undo.push(() => client.terminate())
    const watch = watching()
    const echoes = new Map<string, () => void>()
    client.on('message', (data: Buffer) => {
      watch.hear(data.length)
      echoes.get(data.toString())?.()
    })
    client.on('close', watch.over)
    await new Promise<void>((resolve, reject) => {
      client.once('open', resolve)
      client.on('error', reject)
      client.on('unexpected-response', (_request, answer) => {
        answer.resume()
        client.terminate()
        reject(Object.assign(new Error(`the upgrade was answered ${answer.statusCode}`), { code: answer.statusCode }))
      })
    })
    await watch.first
    return {
      ...watch.watched,
      echo: (text, timeout = 2_000) =>
        new Promise((resolve, reject) => {
          const late = setTimeout(() => reject(new Error('no echo')), timeout)
          echoes.set(`echo ${text}`, () => {
            clearTimeout(late)
            resolve()
          })
          client.send(text)
        }),
    }
  }

  return { username, jar, signIn, ask, stream, socket, close: () => undo.splice(0).forEach((step) => step()) }
}

function watching() {
  let heard = 0
  let lastAt = 0
  let endedAt: number | undefined
  const first = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<number>()
  return {
    first: first.promise,
    watched: { heard: () => heard, lastAt: () => lastAt, endedAt: () => endedAt, ended: ended.promise } as Watched,
    hear(bytes: number): void {
      heard += bytes
      lastAt = Date.now()
      first.resolve()
    },
    over(): void {
      endedAt ??= Date.now()
      ended.resolve(endedAt)
      first.resolve()
    },
  }
}
