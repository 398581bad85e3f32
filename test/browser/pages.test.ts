// Built-in pages in Chromium: CSP, layout, contrast in light and dark, target size, keyboard (WCAG 2.2 AA).

import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assetAt } from '../../src/web/kit/assets.ts'
import { redirectPage } from '../../src/web/sign-in/redirect-page.ts'
import { file, type Reply } from '../../src/web/kit/reply.ts'
import { launchBrowser } from '../support/chromium.ts'
import { renderAllPages, renderSpecialPages, pageRequest } from '../web/page-fixtures.ts'

const languages = ['en', 'de'] as const
const pages = { en: allPages('en'), de: allPages('de') }
const names = [...pages.en.keys()]
/** Plain JavaScript: it runs in the browser, whose DOM types the project does not include. */
const inPage = readFileSync(new URL('./page-checks.js', import.meta.url), 'utf8').replaceAll(/^export /gm, '')
let browser: Browser
let server: Server
let origin: string
/** Another origin, in the role of an identity provider. */
let elsewhere: Server
let provider: string

beforeAll(async () => {
  server = await listen((path) => replyFor(path))
  elsewhere = await listen(() => undefined)
  origin = originOf(server)
  provider = originOf(elsewhere)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  server?.close()
  elsewhere?.close()
})

describe.each(languages)('every page in %s', (language) => {
  test('violates no CSP, fits 320 px, has contrast in light and dark, and large enough targets', async () => {
    await using(async (page, faults) => {
      for (const name of still(names)) {
        await page.emulateMedia({ colorScheme: 'light' })
        await page.goto(`${origin}/${language}/${name}`)
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        if (width > 320) faults.push(`${name}: ${width} px wide`)
        const styled = await page.evaluate<boolean>(
          `getComputedStyle(document.querySelector('main')).maxWidth !== 'none'`,
        )
        if (!styled) faults.push(`${name}: without style`)
        const grounds = new Set<string>()
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          grounds.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'))
          for (const fault of await run<string[]>(page, '(arrive(), [...contrastFaults(), ...targetFaults()])'))
            faults.push(`${name} in ${colorScheme}: ${fault}`)
        }
        if (grounds.size !== 2) faults.push(`${name}: dark is not another than light`)
      }
    })
  }, 90_000)
})

describe('keyboard', () => {
  test.each([
    'sign-in',
    'denied-ask',
    'portal',
    'sign-out',
    'request-new',
    'request-running',
    'approval',
    'approval-review',
    'session-ended',
  ])('%s is gone through in reading order, and one sees where', async (name) => {
    await using(
      async (page, faults) => {
        await page.goto(`${origin}/en/${name}`)
        const expected = await run<number>(page, 'stops()')
        const visited: Focus[] = []
        for (let step = 0; step < expected; step++) {
          await page.keyboard.press('Tab')
          const focus = await run<Focus>(page, 'focused()')
          if (focus.lost) faults.push(`focus lost after ${visited.at(-1)?.label}`)
          if (!focus.visible) faults.push(`no outline on ${focus.label}`)
          const before = visited.at(-1)
          if (before && step > 1 && focus.y < before.y - 60 && focus.x < before.x + 200)
            faults.push(`${focus.label} comes after ${before.label}, but is above it`)
          visited.push(focus)
        }
        expect(new Set(visited.map(({ x, y, label }) => `${x} ${y} ${label}`)).size).toBe(expected)
        expect(visited[0]!.label).toBe('Skip to content')
      },
      { viewport: { width: 1280, height: 900 } },
    )
  })

  test('the first Tab stop skips the header', async () => {
    await using(async (page) => {
      await page.goto(`${origin}/en/portal`)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('main')
    })
  })
})

test('reduced motion disables animation, and print hides buttons', async () => {
  await using(async (page) => {
    await page.goto(`${origin}/en/sign-out`)
    const transition = () => page.evaluate(`getComputedStyle(document.querySelector('.button')).transitionProperty`)
    expect(await transition()).not.toBe('none')
    await page.emulateMedia({ reducedMotion: 'reduce' })
    expect(await transition()).toBe('none')
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.button').first().isVisible()).toBe(false)
    expect(await page.locator('h1').isVisible()).toBe(true)
  })
})

test('a form leads to a provider on another origin, whatever its redirects', async () => {
  await using(async (page) => {
    await page.goto(`${origin}/en/sign-in`)
    await page.getByLabel('Work e-mail address').fill('ada@example.com')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${provider}/authorize?a=1&b=2`)
  })
})

test('a page cannot be framed', async () => {
  await using(
    async (page) => {
      await page.goto(`${provider}/`)
      await run(page, `framed('${origin}/en/sign-in')`)
      const inside = page.frames().find((frame) => frame !== page.mainFrame())!
      expect(inside.url()).not.toBe(`${origin}/en/sign-in`)
    },
    { expectFaults: true },
  )
})

interface Focus {
  readonly label: string
  readonly x: number
  readonly y: number
  readonly visible: boolean
  readonly lost: boolean
}

/** `expression` may use the functions of `page-checks.js`. */
function run<Result>(page: Page, expression: string): Promise<Result> {
  return page.evaluate<Result>(`(() => { ${inPage}\n return ${expression} })()`)
}

/** Also those for frames; a page that sends its form or closes its window cannot be inspected. */
function allPages(language: 'en' | 'de'): ReadonlyMap<string, Reply> {
  const framed = [...renderSpecialPages(language)].filter(([name]) => name.startsWith('framed'))
  return new Map([...renderAllPages(language), ...framed])
}

/** A page with an immediate refresh cannot be inspected. */
function still(all: readonly string[]): string[] {
  return all.filter((name) => !name.startsWith('onward') && name !== 'to-sign-out')
}

async function using(
  look: (page: Page, faults: string[]) => Promise<void>,
  options: Parameters<Browser['newContext']>[0] & { expectFaults?: boolean } = {},
): Promise<void> {
  const { expectFaults = false, ...rest } = options
  const context: BrowserContext = await browser.newContext({ viewport: { width: 320, height: 640 }, ...rest })
  try {
    const page = await context.newPage()
    const faults: string[] = []
    // Chromium reports CSP violations and failed loads on the console.
    page.on('console', (message) => {
      const expected = /Failed to load resource: the server responded with a status of [45]/.test(message.text())
      if (message.type() === 'error' && !expected) faults.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`))
    await look(page, faults)
    if (!expectFaults) expect(faults).toEqual([])
  } finally {
    await context.close()
  }
}

function replyFor(path: string): Reply | undefined {
  const asset = assetAt(path)
  if (asset) return file(pageRequest(), asset)
  if (path === '/sign-in') {
    return redirectPage(pageRequest({ scheme: 'http' }), { location: `${provider}/hop`, reason: 'sign_in' })
  }
  const [, language, name = ''] = path.split('/')
  return pages[language === 'de' ? 'de' : 'en'].get(name)
}

async function listen(answer: (path: string) => Reply | undefined): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost')
    if (pathname === '/hop') return response.writeHead(302, { location: '/authorize?a=1&b=2' }).end()
    const reply = answer(pathname)
    if (!reply) return response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>x</title>')
    for (let at = 0; at < reply.headers.length; at += 2) {
      const name = reply.headers[at]!
      // The pages are rendered for https; HSTS would only confuse the browser on loopback.
      if (name !== 'Strict-Transport-Security') response.appendHeader(name, reply.headers[at + 1]!)
    }
    return response.writeHead(reply.status).end(reply.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
