// Scenarios of several tabs in one browser: how many of them arrive at the page they were opened for.

import type { BrowserContext, Page } from 'playwright-core'
import { identify, typeCode, type TabsStage } from './stage.ts'

/** `wrong`: for each tab that is not at its own page, where it is. */
export interface Outcome {
  readonly tabs: number
  readonly wrong: readonly string[]
}

export interface Scenario {
  readonly name: string
  run(stage: TabsStage, context: BrowserContext): Promise<Outcome>
}

/** Milliseconds until a tab must be at its page. */
const patience = 10_000

/** `many`: tabs of a browser that restores them, each with a sign-in page. */
export const scenariosWith = (many: number): readonly Scenario[] => [
  {
    name: 'ten tabs at once, fresh browser, the provider shows no page',
    async run(stage, context) {
      await signInOnce(stage, context)
      await context.clearCookies({ domain: /(?:access|wiki|books)\.company\.localhost/ })
      return arrivals(await openAll(context, pagesOf(stage, ['wiki', 'books'], 10)))
    },
  },
  {
    name: `${many} tabs at once, fresh browser, a sign-in page in each`,
    async run(stage, context) {
      const tabs = await openAll(context, pagesOf(stage, ['wiki', 'books'], many))
      for (const { page, url } of tabs) if (page.url() !== url) await identify(page)
      return arrivals(tabs)
    },
  },
  {
    name: "six tabs at once, the gateway's session alive, the apps' cookies gone",
    async run(stage, context) {
      await signInOnce(stage, context)
      await context.clearCookies({ domain: /(?:wiki|books)\.company\.localhost/ })
      return arrivals(await openAll(context, pagesOf(stage, ['wiki', 'books'], 6)))
    },
  },
  {
    name: 'a step-up in two tabs, and a third at work',
    async run(stage, context) {
      const work = await signInOnce(stage, context)
      await work.evaluate(`
        window.ended = []
        window.stream = new EventSource('/events')
        window.stream.onerror = () => window.ended.push('stream')
        window.socket = new WebSocket(location.origin.replace('http', 'ws') + '/live')
        window.socket.onclose = () => window.ended.push('socket')
        new Promise((done) => (window.socket.onopen = done))`)
      const tabs = await openAll(context, pagesOf(stage, ['vault', 'safe'], 2))
      const [first, second] = tabs as [Tab, Tab]
      // The codes are confirmed in the other order.
      await typeCode(second.page)
      if (first.page.url() !== first.url) await typeCode(first.page)
      const { tabs: count, wrong } = await arrivals(tabs)
      const status = await work.evaluate<number>(`fetch('/data').then((answer) => answer.status)`)
      const ended = await work.evaluate<string[]>(`new Promise((done) => setTimeout(() => done(window.ended), 700))`)
      const disturbed = [...(status === 200 ? [] : [`fetch ${status}`]), ...ended.map((one) => `${one} ended`)]
      return { tabs: count + 1, wrong: disturbed.length === 0 ? wrong : [...wrong, `at work: ${disturbed.join(', ')}`] }
    },
  },
  {
    name: 'an iframe of another app, and a tab of that app',
    async run(stage, context) {
      const page = await signInOnce(stage, context)
      await context.clearCookies({ domain: /(?:access|books)\.company\.localhost/ })
      const [framed, url] = [`${stage.origin('books')}/framed?x=1`, `${stage.origin('books')}/tab?x=2`]
      const tab = await context.newPage()
      await Promise.all([
        page.evaluate(
          `document.body.append(Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(framed)} }))`,
        ),
        tab.goto(url).catch(() => undefined),
      ])
      const inFrame = await until(() => page.frames().some((frame) => frame.url() === framed))
      const { wrong } = await arrivals([{ page: tab, url }])
      const frames = page.frames().map((frame) => frame.url())
      return { tabs: 2, wrong: inFrame ? wrong : [...wrong, `iframe: ${frames.at(-1)}`] }
    },
  },
]

interface Tab {
  readonly page: Page
  readonly url: string
}

/** Signs in at the wiki, as on the day before. */
async function signInOnce(stage: TabsStage, context: BrowserContext): Promise<Page> {
  const url = `${stage.origin('wiki')}/start`
  const page = await context.newPage()
  await page.goto(url)
  await identify(page)
  await page.waitForURL(url)
  return page
}

function pagesOf(stage: TabsStage, apps: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const app = apps[index % apps.length]!
    return `${stage.origin(app)}/folder/${index}?page=${index}&of=${count}`
  })
}

/** As when the browser restores its tabs: all navigations begin at once. */
async function openAll(context: BrowserContext, urls: readonly string[]): Promise<Tab[]> {
  const tabs = await Promise.all(urls.map(async (url) => ({ url, page: await context.newPage() })))
  await Promise.all(tabs.map(({ page, url }) => page.goto(url).catch(() => undefined)))
  return tabs
}

async function arrivals(tabs: readonly Tab[]): Promise<Outcome> {
  const wrong: string[] = []
  for (const { page, url } of tabs) {
    if (await until(() => page.url() === url)) continue
    const heading = page.locator('h1').first().innerText({ timeout: 1000 })
    wrong.push(`${new URL(page.url()).pathname}: ${await heading.catch(() => 'no heading')}`)
  }
  return { tabs: tabs.length, wrong }
}

async function until(holds: () => boolean): Promise<boolean> {
  for (let waited = 0; waited < patience; waited += 50) {
    if (holds()) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return holds()
}
