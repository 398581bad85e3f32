// Gateway, real OpenID provider, applications of one site and websites of others, in Chromium.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Frame, Page } from 'playwright-core'
import { freePorts } from '../../src/demo/listen.ts'
import { staff } from '../../src/demo/people.ts'
import { startProvider } from '../../src/demo/provider/provider.ts'
import { startGateway } from '../../src/server/start-gateway.ts'
import { companyIdentity, gatewayClient, writeSecrets } from '../support/company-identity.ts'
import { launchBrowser } from '../support/chromium.ts'
import { http1Backend } from '../support/http1-backend.ts'
import { startCompanyApp, type CompanyApp, type Kept } from './company-app.ts'

export interface CrossSiteStage {
  readonly app: CompanyApp
  /** Public origin of an app, or of the gateway itself (`access`). */
  origin(app: string): string
  /** Origin of a website of another site, such as `idp.test`, with the same pages. */
  elsewhere(host: string): string
  /** An empty browser profile. */
  browser(): Promise<BrowserContext>
  /** A page of the app, signed in as Thomas. */
  signedIn(context: BrowserContext, app: string, path?: string): Promise<Page>
  stop(): Promise<void>
}

/**
 * `wiki` embeds `books` and `vault`, which asks for a second factor; `notes` is embedded by nobody and embeds nobody. `books` takes
 * forms of other sites at `/saml/acs`, and may be framed by a website of another site.
 */
export async function openCrossSiteStage(): Promise<CrossSiteStage> {
  const undo: (() => unknown)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return await open(undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function open(undo: (() => unknown)[], stop: () => Promise<void>): Promise<CrossSiteStage> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-cross-site-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const app = await startCompanyApp()
  undo.push(() => app.stop())
  const [port, providerPort] = (await freePorts(2)) as [number, number]
  const origin = (name: string): string => `http://${name}.company.localhost:${port}`
  const elsewhere = (host: string): string => `http://${host}:${app.port}`
  const client = gatewayClient(origin('access'))
  // Another site than the applications', as most providers are.
  const provider = await startProvider({
    port: providerPort,
    issuer: `http://login.localhost:${providerPort}`,
    people: staff,
    clients: [client],
  })
  undo.push(() => provider.stop())
  await writeSecrets(folder, client)
  const file = join(folder, 'gateway.yaml')
  const everyone = [{ allow: {} }]
  const settings = {
    wiki: { embeds: ['books', 'vault'] },
    books: {
      cross_site_posts: ['/saml/acs'],
      frame_ancestors: [origin('wiki'), elsewhere('portal.test')],
      policy: [{ deny: { paths: ['/closed'] } }, ...everyone],
    },
    vault: { policy: [{ allow: { mfa: true } }] },
    notes: {},
  }
  await writeFile(
    file,
    JSON.stringify({
      gateway: {
        url: origin('access'),
        listen: [{ address: `127.0.0.1:${port}` }],
        secret_key: 'file:secret.key',
        admin_socket: join(folder, 'admin.sock'),
        operations: false,
        workers: 1,
        http1: http1Backend,
      },
      audit: { file: { path: join(folder, 'audit.jsonl') } },
      store: 'memory:',
      identity: companyIdentity(provider.issuer),
      apps: Object.fromEntries(
        Object.entries(settings).map(([name, more]) => [
          name,
          { from: origin(name), to: app.origin, policy: everyone, ...more },
        ]),
      ),
    }),
  )
  const started = await startGateway({ file, env: {}, logLevel: 'error' })
  if (started.state === 'refused') throw new Error(started.problems.join('\n'))
  undo.push(() => started.gateway.stop(0))
  const browser = await launchBrowser([
    '--disable-features=LocalNetworkAccessChecks',
    '--host-resolver-rules=MAP *.test 127.0.0.1',
  ])
  undo.push(() => browser.close())
  return {
    app,
    origin,
    elsewhere,
    async browser() {
      const context = await browser.newContext({ locale: 'en-GB' })
      context.setDefaultTimeout(10_000)
      return context
    },
    async signedIn(context, name, path = '/start') {
      const page = await context.newPage()
      await page.goto(origin(name) + path)
      await identify(page)
      await page.waitForURL(origin(name) + path)
      return page
    },
    stop,
  }
}

const username = 'thomas'

/** At the provider: user and password; a tab that closes itself afterwards is fine. */
export async function identify(page: Page): Promise<void> {
  const person = staff.find((one) => one.username === username)!
  await page.getByRole('link', { name: person.name }).click()
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in' }).click({ noWaitAfter: true })
}

export async function typeCode(page: Page): Promise<void> {
  const shown = (await page.locator('.phone b').innerText()).replaceAll(' ', '')
  await page.getByLabel('Code').fill(shown)
  await page.getByRole('button', { name: 'Confirm' }).click({ noWaitAfter: true })
}

/** The session is over here and at the gateway; the provider still knows the person, or not. */
export async function endSession(
  context: BrowserContext,
  provider: 'provider knows' | 'provider forgets',
): Promise<void> {
  const company = /company\.localhost/
  await context.clearCookies(provider === 'provider knows' ? { domain: company } : {})
}

/** Puts a frame into the page, and returns it. */
export async function frameIn(
  page: Page,
  url: string,
  element: 'iframe' | 'object' | 'embed' = 'iframe',
): Promise<Frame> {
  const attribute = element === 'object' ? 'data' : 'src'
  const [frame] = await Promise.all([
    page.waitForEvent('frameattached'),
    page.evaluate(
      `document.body.append(Object.assign(document.createElement('${element}'), { ${attribute}: ${JSON.stringify(url)}, width: 800, height: 500 }))`,
    ),
  ])
  return frame
}

/** The tab that `open` opens. */
export async function newTab(context: BrowserContext, open: () => Promise<unknown>): Promise<Page> {
  const [tab] = await Promise.all([context.waitForEvent('page'), open()])
  return tab
}

export async function closed(tab: Page): Promise<void> {
  if (!tab.isClosed()) await tab.waitForEvent('close')
}

export async function until<Value>(
  value: () => Value | Promise<Value>,
  holds: (value: Value) => boolean,
): Promise<Value> {
  for (let waited = 0; waited < 10_000; waited += 50) {
    const found = await value()
    if (holds(found)) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return value()
}

/** Requests at the applications or websites since `from`. */
export function since(app: CompanyApp, from: number, path: string): readonly Kept[] {
  return app.kept.slice(from).filter(({ url }) => new URL(url, 'http://localhost').pathname === path)
}
