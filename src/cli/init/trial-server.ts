// HTTP server of the trial sign-in on 127.0.0.1: leads the browser to the provider, and takes the redirect back.

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

export interface TrialServer {
  readonly port: number
  /** What the person opens. Its last part is a secret of this run. */
  readonly startUrl: string
  /** Query of the redirect that belongs to `state`. Never rejects. */
  callback(location: string, state: string): Promise<TrialCallback>
  stop(): Promise<void>
}

export interface TrialCallback {
  readonly search: string
  /** Shows the person the end of the trial. */
  answer(text: string): void
}

const cookie = 'einlass-trial'
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** `path`: of the redirect URI. Rejects with the error of `listen` (`EADDRINUSE`). */
export async function startTrialServer(port: number, path: string): Promise<TrialServer> {
  // Other users of this machine reach the port too: only who saw the terminal begins, and only that browser ends it.
  const start = `/start/${randomBytes(9).toString('base64url')}`
  const bound = randomBytes(18).toString('base64url')
  let expected: { readonly location: string; readonly state: string; done(found: TrialCallback): void } | undefined
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '', origin)
    const refuse = (status: number): void => void response.writeHead(status, pageHeaders).end()
    // DNS rebinding: a page of any name can lead the browser here, but not with this Host.
    if (request.headers.host !== new URL(origin).host || request.method !== 'GET') return refuse(421)
    if (url?.pathname === start && expected !== undefined) {
      const setCookie = `${cookie}=${bound}; HttpOnly; SameSite=Lax; Path=${path}`
      response.writeHead(302, { ...pageHeaders, location: expected.location, 'set-cookie': setCookie }).end()
      return undefined
    }
    if (url?.pathname !== path || expected === undefined) return refuse(404)
    // RFC 6749 section 10.12: the response is taken from the browser that began, and for this state alone.
    if (!carries(request.headers.cookie, bound) || url.searchParams.get('state') !== expected.state) return refuse(400)
    const { done } = expected
    expected = undefined
    done({
      search: url.search,
      answer: (text) =>
        void response.writeHead(200, pageHeaders).end(`<!doctype html><title>Einlass</title><p>${escaped(text)}`),
    })
    return undefined
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`
  return {
    port: Number(new URL(origin).port),
    startUrl: `${origin}${start}`,
    callback: (location, state) => new Promise((done) => (expected = { location, state, done })),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 500).unref()
      }),
  }
}

function carries(header: string | undefined, value: string): boolean {
  const given =
    header
      ?.split(/; */)
      .find((pair) => pair.startsWith(`${cookie}=`))
      ?.slice(cookie.length + 1) ?? ''
  const [a, b] = [Buffer.from(given), Buffer.from(value)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
