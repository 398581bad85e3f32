// HTTP server of the page with the scenes; the gateway forwards to it without a sign-in.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { languageOf, type Language } from '../../web/kit/language.ts'
import { chosenLanguage, languageCookie } from '../front/language-cookie.ts'
import type { Laptop } from '../laptop.ts'
import { listen } from '../listen.ts'
import { actionNames, type Actions } from './actions.ts'
import type { AuditTail } from './audit-tail.ts'
import type { AuditContext } from './audit-words.ts'
import { streamLive } from './live.ts'
import { drawScenes, type ScenesPage } from './scenes-page.ts'

export interface Scenes {
  /** `http://127.0.0.1:PORT`, for `to:`. */
  readonly upstream: string
  /** From now on the page is shown: the gateway it tells about has started. */
  begin(play: ScenePlay): void
  stop(): Promise<void>
}

export interface ScenePlay {
  readonly laptop: Laptop
  readonly actions: Actions
  readonly audit: AuditTail
  readonly context: Omit<AuditContext, 'language'>
  /** Public origin of this page. */
  readonly origin: string
  readonly page: Pick<ScenesPage, 'gateway' | 'places' | 'revalidate'>
  readonly now: () => number
}

export async function startScenes(): Promise<Scenes> {
  let play: ScenePlay | undefined
  const server = createServer((request, response) => {
    response.on('error', () => response.destroy())
    request.resume()
    if (play === undefined) return void response.writeHead(503).end()
    answer(play, request, response)
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  const port = await listen(server, 0)
  return {
    upstream: `http://127.0.0.1:${port}`,
    begin: (playing) => void (play = playing),
    async stop() {
      play?.audit.stop()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const assets = [
  asset('stage.css', 'text/css; charset=utf-8', readFileSync(new URL('./assets/stage.css', import.meta.url))),
  asset('stage.js', 'text/javascript; charset=utf-8', readFileSync(new URL('./assets/stage.js', import.meta.url))),
  asset('icon.svg', 'image/svg+xml', readFileSync(new URL('./assets/icon.svg', import.meta.url))),
] as const

function asset(name: string, type: string, body: Buffer) {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/${hash}/${name}`, type, body }
}

function answer(play: ScenePlay, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', play.origin)
  const language = chosenLanguage(request.headers.cookie) ?? languageOf(request.headers['accept-language'])
  if (request.method === 'POST') return act(play, request, response, pathname)
  if (pathname === '/') {
    const wanted = searchParams.get('language')
    if (wanted === 'en' || wanted === 'de') return chooseLanguage(response, wanted)
    const [style, script, icon] = assets
    const page = { ...play.page, language, style: style.path, script: script.path, icon: icon.path }
    return void response.writeHead(200, pageHeaders(play.laptop.port)).end(drawScenes(page))
  }
  if (pathname === '/live') {
    const { laptop, actions, audit, context, now } = play
    const { traffic, addressFor } = laptop
    return streamLive(response, { audit, traffic, actions, addressFor, now, context: { ...context, language } })
  }
  const found = assets.find(({ path }) => path === pathname)
  if (found === undefined) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page\n')
  response
    .writeHead(200, {
      'content-type': found.type,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
    .end(found.body)
}

/** `POST /do/NAME`: 204, or 422 with one line of text. */
function act({ actions }: ScenePlay, { headers }: IncomingMessage, response: ServerResponse, path: string): void {
  // CSRF check: only the page itself may change the demo. Browsers send Sec-Fetch-Site to `*.localhost`.
  if (headers['sec-fetch-site'] !== 'same-origin') return void response.writeHead(403).end()
  const name = actionNames.find((one) => path === `/do/${one}`)
  if (name === undefined) return void response.writeHead(404).end()
  actions.run(name).then(
    () => response.writeHead(204).end(),
    (error: Error) => response.writeHead(422, { 'content-type': 'text/plain; charset=utf-8' }).end(error.message),
  )
}

/** Also for the hosts of the people, which are below this one, so that their pages change with it. */
function chooseLanguage(response: ServerResponse, language: Language): void {
  response.writeHead(303, { location: '/', 'set-cookie': languageCookie(language), 'cache-control': 'no-store' }).end()
}

/** `front`: port of the frames. */
function pageHeaders(front: number) {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      `frame-src http://*.demo.localhost:${front}`,
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
}
