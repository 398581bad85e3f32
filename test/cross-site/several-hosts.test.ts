// In Chromium: a page on one host and its API on another, signed in to by one visit; over HTTP/2 and both HTTP/1 servers.

import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { identify, typeCode } from '../tabs/stage.ts'
import { loaded, openSeveralHosts, type SeveralHostsStage, type Transport } from './several-hosts-stage.ts'

const transports: readonly Transport[] = ['h2', 'einlass', 'node']

describe.each(transports)('over %s', { timeout: 60_000 }, (transport) => {
  let stage: SeveralHostsStage
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    stage = await openSeveralHosts(transport)
  })
  afterAll(() => stage?.stop())
  beforeEach(async () => {
    context = await stage.browser()
    page = await context.newPage()
  })
  afterEach(() => context.close())

  const cookieOf = async (host: string): Promise<string | undefined> =>
    (await context.cookies(stage.origin(host))).find(({ name }) => name === '__Host-einlass')?.value
  const forget = (...hosts: string[]) =>
    context.clearCookies({ domain: new RegExp(`^(?:${hosts.join('|')})\\.company\\.localhost$`) })

  /** Opens the page and signs in on the way. */
  async function visit(url: string, on = page): Promise<void> {
    await on.goto(url)
    await identify(on)
    await on.waitForURL(url)
  }
  const desk = (path = '/start?x=1'): string => stage.origin('desk') + path

  test('the first visit is enough: reading, a write with a preflight, a WebSocket', async () => {
    await visit(desk())
    expect(await loaded(page)).toBe('200 200 open')
    expect(stage.reached).toContain(`OPTIONS ${new URL(stage.origin('desk-api')).host}/save`)
    expect(await cookieOf('desk')).not.toBe(await cookieOf('desk-api'))
  })

  test('ten restored tabs of a browser that is signed in at the gateway all have the API', async () => {
    await visit(desk())
    await forget('desk', 'desk-api')
    const tabs = await Promise.all(Array.from({ length: 10 }, () => context.newPage()))
    const urls = tabs.map((_, one) => desk(`/folder/${one}`))
    await Promise.all(tabs.map((tab, one) => tab.goto(urls[one]!)))
    expect(tabs.map((tab) => tab.url())).toEqual(urls)
    for (const tab of tabs) expect(await loaded(tab)).toBe('200 200 open')
  })

  // What follows is the same over each transport, as far as a browser is concerned.
  if (transport !== 'h2') return

  test("with the cookies of the application gone, the gateway's session is enough", async () => {
    await visit(desk())
    await forget('desk', 'desk-api')
    await page.goto(desk('/again'))
    expect(page.url()).toBe(desk('/again'))
    expect(await loaded(page)).toBe('200 200 open')
  })

  test('with the cookie of one host gone: of the page by itself, of the API by its own address', async () => {
    await visit(desk())
    const api = await cookieOf('desk-api')
    await forget('desk')
    await page.goto(desk('/page'))
    expect(await loaded(page)).toBe('200 200 open')
    expect(await cookieOf('desk-api')).toBe(api)
    await forget('desk-api')
    await page.reload()
    // Both answers can be read, and say where to sign in.
    expect(await loaded(page)).toBe('401 401 refused')
    const called = await page.evaluate<{ sign_in?: string }[]>('window.loaded')
    expect(called[0]!.sign_in).toMatch(/^https?:\/\//)
    // In a window that closes itself.
    const opened = page.waitForEvent('popup')
    await page.evaluate(`window.open(${JSON.stringify(called[0]!.sign_in)})`)
    const popup = await opened
    if (!popup.isClosed()) await popup.waitForEvent('close')
    await page.reload()
    expect(await loaded(page)).toBe('200 200 open')
  })

  test('a second factor at one host counts at the other', async () => {
    await visit(desk())
    const strong = `fetch(${JSON.stringify(`${stage.origin('desk-api')}/strong/data`)}, { credentials: 'include' }).then((answer) => answer.status)`
    expect(await page.evaluate<number>(strong)).toBe(401)
    await page.goto(desk('/strong/page'))
    await typeCode(page)
    await page.waitForURL(desk('/strong/page'))
    expect(await page.evaluate<number>(strong)).toBe(200)
  })

  test('an application of eight hosts arrives', async () => {
    const url = `${stage.origin('many-0')}/page`
    await visit(url)
    for (let one = 0; one < 8; one += 1) expect(await cookieOf(`many-${one}`)).toBeDefined()
  })

  test('a host out of reach stops the first visit once, and the application opens', async () => {
    const url = `${stage.origin('island')}/page`
    await page.goto(url)
    await identify(page)
    await page.waitForURL(/^chrome-error:/)
    // What the browser knows of the chain is ten seconds old.
    const [chain] = (await context.cookies(stage.origin('access'))).filter(
      ({ name }) => name === '__Host-einlass-chain',
    )
    await context.addCookies([{ ...chain!, value: `${Date.now() - 10_000}.island` }])
    await page.goto(url)
    expect(page.url()).toBe(url)
    expect(await cookieOf('island')).toBeDefined()
  })

  test('a sign-out ends it on both hosts', async () => {
    await visit(desk())
    await page.goto(`${stage.origin('access')}/sign-out`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    await page.waitForURL(`${stage.origin('access')}/signed-out`)
    await page.waitForLoadState('networkidle')
    expect(await cookieOf('desk')).toBeUndefined()
    expect(await cookieOf('desk-api')).toBeUndefined()
  })

  test('a page of a sibling application reads nothing of the API, writes nothing there and opens no WebSocket', async () => {
    await visit(desk())
    await page.goto(`${stage.origin('wiki')}/page`)
    const before = stage.reached.length
    // The same page, of another origin. The GET arrives, as one by a link would; the page gets no answer of it.
    expect(await loaded(page)).toBe('TypeError TypeError refused')
    const api = new URL(stage.origin('desk-api')).host
    expect(stage.reached.slice(before).filter((one) => !one.startsWith('GET ') && one.includes(api))).toEqual([])
  })
})
