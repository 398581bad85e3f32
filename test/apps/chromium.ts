// Chromium as one person: an own profile, signed in through the pages of the gateway and the provider.

import type { Page } from 'playwright-core'
import { staff } from '../../src/demo/people.ts'
import { launchBrowser } from '../support/chromium.ts'
import type { Ground } from './application.ts'

export interface ChromiumOptions {
  /** Default: the first one of the ground; undefined: nobody signs in. */
  readonly username?: string | undefined
  /** Where it signs in: a path of the application, or an address. Default: `/`. */
  readonly path?: string
  /** The application leads to another origin at once: does not wait for its page. */
  readonly leaves?: boolean
  readonly version?: '1.1' | '2'
  /** For sign-in of the application by Basic. */
  readonly credentials?: { readonly username: string; readonly password: string }
}

/** The browser is closed after `use`, whose error then says what the page showed. */
export async function inChromium<T>(
  ground: Ground,
  use: (page: Page) => Promise<T>,
  options: ChromiumOptions = {},
): Promise<T> {
  const { username = ground.people[0].name, path = '/', version = '2', credentials, leaves = false } = options
  const browser = await launchBrowser([
    // Not per context: Chromium registers no service worker for a certificate that only a context accepts.
    '--ignore-certificate-errors',
    '--disable-features=LocalNetworkAccessChecks',
    ...(version === '2' ? [] : ['--disable-http2']),
  ])
  try {
    const context = await browser.newContext({ locale: 'en-GB', httpCredentials: credentials })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    const told: string[] = []
    page.on('console', (message) => message.type() === 'error' && told.push(message.text()))
    try {
      if (!('username' in options) || options.username !== undefined)
        await signInAt(page, new URL(path, ground.origin).href, username, leaves)
      return await use(page)
    } catch (error) {
      const shown = await page.innerText('body', { timeout: 1_000 }).catch(() => '')
      const words = [shown.replaceAll(/\s+/g, ' ').slice(0, 300), ...told.slice(-3)].join(' // ')
      throw new Error(`${(error as Error).message.split('\n')[0]}; at ${page.url()}: ${words}`, { cause: error })
    }
  } finally {
    await browser.close()
  }
}

/** Opens a page of the application and signs in on the way. */
export async function signInAt(page: Page, url: string, username: string, leaves = false): Promise<void> {
  await page.goto(url)
  await identify(page, username)
  if (leaves) return
  await page.waitForURL((at) => at.origin === new URL(url).origin && !at.pathname.startsWith('/.einlass/'))
}

/** At the provider: user and password. */
export async function identify(page: Page, username: string): Promise<void> {
  const { name, password } = staff.find((one) => one.username === username)!
  await page.getByRole('link', { name }).click()
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
