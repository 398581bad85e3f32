// Browser and gateway of the isolation test: Ada is signed in, and another application serves the attacker's pages.

import type { BrowserContext, Page } from 'playwright-core'
import { openEnvironment, answerAll, type Environment } from '../attacks/environment.ts'
import { launchBrowser } from '../support/chromium.ts'
import type { Behaviour, Recorded } from '../support/raw-upstream.ts'

export interface Stage {
  readonly ground: Environment
  /** A browser profile in which Ada is signed in to these apps. */
  profile(apps: readonly string[]): Promise<BrowserContext>
  stop(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const ground = await openEnvironment({ signIn: ['wiki', 'odd', 'erp', 'books', 'access'] })
  ground.odd.behave = attackerPages
  // Pages that `route` answers have no address, from which Chromium would let them reach no local one.
  // Not per context: Chromium registers no service worker for a certificate that only a context accepts.
  const browser = await launchBrowser([
    '--ignore-certificate-errors',
    '--disable-features=LocalNetworkAccessChecks',
  ]).catch(async (error: unknown) => {
    await ground.stop()
    throw error
  })
  return {
    ground,
    async profile(apps) {
      const context = await browser.newContext({ locale: 'en-GB' })
      context.setDefaultTimeout(10_000)
      for (const app of apps) await signInTo(context, ground, app)
      // Trusted, but not an application: the page exists in the browser only.
      await context.route(`${ground.origin('shop')}/**`, (route) =>
        route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Shop</title><body>' }),
      )
      return context
    },
    async stop() {
      await browser.close()
      await ground.stop()
    },
  }
}

async function signInTo(context: BrowserContext, ground: Environment, app: string): Promise<void> {
  const [name, value] = ground.cookie(app).split('=') as [string, string]
  await context.addCookies([{ url: ground.origin(app), name, value, httpOnly: true, secure: true, sameSite: 'Lax' }])
}

export async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Posts to whatever it is told, as the attacker's page does. */
const attackingWorker = `
  onactivate = (event) => event.waitUntil(clients.claim())
  onmessage = async ({ data, ports }) => {
    const asked = { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'a=b' }
    ports[0].postMessage(await fetch(data, asked).then((answer) => answer.type, (error) => error.name))
  }
`

/** Of a progressive web app: passes every request on, but shows its own page for our paths. */
const rootWorker = `
  oninstall = () => skipWaiting()
  onactivate = (event) => event.waitUntil(clients.claim())
  onfetch = (event) => {
    const own = new URL(event.request.url).pathname.startsWith('/.einlass/')
    event.respondWith(own ? new Response('<h1>faked</h1>', { headers: { 'content-type': 'text/html' } }) : fetch(event.request))
  }
`

const pages: Readonly<Record<string, readonly [type: string, body: string, more?: string]>> = {
  '/attack': ['text/html', '<!doctype html><title>Attack</title><body>'],
  '/attack/worker.js': ['text/javascript', attackingWorker],
  '/root-worker.js': ['text/javascript', rootWorker],
  '/wide/worker.js': ['text/javascript', attackingWorker, 'Service-Worker-Allowed: /\r\n'],
  '/deep/worker.js': ['text/javascript', attackingWorker, 'Service-Worker-Allowed: /.einlass/\r\n'],
}

function attackerPages(...[request, whole]: Parameters<Behaviour>): void {
  const found = pages[pathOf(request)]
  if (found === undefined) return answerAll(request, whole)
  const [type, body, more = ''] = found
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n${more}\r\n`
  void whole.then(() => request.socket.write(head + body))
}

export function pathOf({ line }: Recorded): string {
  return line.split(' ')[1]!.split('?')[0]!
}
