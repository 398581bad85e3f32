// Chromium as one person: signed in to the gateway, with a name and password for the application.

import type { Browser } from 'playwright-core'
import { launchBrowser } from '../support/chromium.ts'
import type { Ground, Visitor } from './application.ts'
import type { CurlAnswer } from './curl.ts'

export interface BrowserOptions {
  readonly version: '1.1' | '2'
  /** Requests after the first page, as many at once as the browser sends. */
  readonly count: number
}

/** The page and every request of its script: the whole text of each answer is the name of a person. */
export async function browse(
  ground: Ground,
  { name, cookie }: Visitor,
  options: BrowserOptions,
): Promise<CurlAnswer[]> {
  const { version, count } = options
  const browser: Browser = await launchBrowser(version === '2' ? [] : ['--disable-http2'])
  try {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      httpCredentials: { username: name, password: 'any' },
    })
    await context.addCookies(
      cookie.split('; ').map((pair) => {
        const [key = '', value = ''] = pair.split('=')
        return { name: key, value, url: ground.origin, secure: true, httpOnly: true }
      }),
    )
    const page = await context.newPage()
    const protocols = new Set<string>()
    const inspector = await context.newCDPSession(page)
    inspector.on('Network.responseReceived', ({ response }) => protocols.add(response.protocol ?? ''))
    await inspector.send('Network.enable')
    const first = await page.goto(`${ground.origin}/`)
    const answers = [{ person: (await page.textContent('body')) ?? '', status: first?.status() ?? 0 }]
    // Text, because the script runs in the page.
    const script = `Promise.all(Array.from({ length: ${count} }, async (_, n) => {
      const answer = await fetch('/page/' + n, n % 5 === 4 ? { method: 'POST', body: 'x'.repeat(2000) } : {})
      return { person: await answer.text(), status: answer.status, version: '' }
    }))`
    answers.push(...((await page.evaluate(script)) as CurlAnswer[]))
    const used = [...protocols].map((protocol) => protocol.replace(/^http\//, '').replace(/^h2$/, '2')).join(' and ')
    return answers.map((one) => ({ ...one, version: used }))
  } finally {
    await browser.close()
  }
}
