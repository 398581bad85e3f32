// Forms of other sites in Chromium: a SAML response reaches the app as it was sent; all else from elsewhere does not.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Kept } from './company-app.ts'
import { closed, endSession, identify, newTab, openCrossSiteStage, since, until, type CrossSiteStage } from './stage.ts'

let stage: CrossSiteStage
let folder: string
let contexts: BrowserContext[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'einlass-form-'))
  stage = await openCrossSiteStage()
})
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()))
  contexts = []
})
afterAll(async () => {
  await stage?.stop()
  await rm(folder, { recursive: true, force: true })
})

const browser = async (): Promise<BrowserContext> => {
  const context = await stage.browser()
  contexts.push(context)
  return context
}
const acs = (): string => `${stage.origin('books')}/saml/acs`

interface Form {
  readonly fields: string
  readonly charset?: string
  readonly enctype?: string
  readonly target?: string
  readonly referrer?: string
}

/** A page of an identity provider whose form goes to `action` as soon as it is there. */
function formPage(action: string, { fields, charset = 'utf-8', enctype, target, referrer }: Form): Buffer {
  const more = `${enctype ? ` enctype="${enctype}"` : ''}${target ? ` target="${target}"` : ''}`
  const policy = referrer ? `<meta name="referrer" content="${referrer}">` : ''
  const page = `<!doctype html><meta charset="${charset}">${policy}<title>IdP</title><iframe name="hidden"></iframe>
    <form method="post" action="${action}"${more}>${fields}</form>
    <script>onload = () => HTMLFormElement.prototype.submit.call(document.forms[0])</script>`
  return Buffer.from(page, charset === 'utf-8' ? 'utf8' : 'latin1')
}

/** The browser goes from the provider's page to `action`. */
async function post(context: BrowserContext, action: string, form: Form, host = 'idp.test'): Promise<Page> {
  const type = `text/html; charset=${form.charset ?? 'utf-8'}`
  stage.app.page('/idp', formPage(action, form), { 'content-type': type })
  const page = await context.newPage()
  await page.goto(`${host.includes('.') ? stage.elsewhere(host) : stage.origin(host)}/idp`)
  return page
}

/** Requests to `/saml/acs` at the app. */
async function arrived(from: number): Promise<readonly Kept[]> {
  return until(
    () => since(stage.app, from, '/saml/acs'),
    (found) => found.length > 0,
  )
}

const hidden = (name: string, value: string): string => `<input type="hidden" name="${name}" value="${value}">`
const response =
  hidden('SAMLResponse', Buffer.from('<Response/>'.repeat(800)).toString('base64')) +
  hidden('RelayState', '/a?b=c&amp;d')

describe('at a path in `cross_site_posts`', () => {
  test('a SAML response arrives as the user, by a page that sends it again', async () => {
    const context = await browser()
    await stage.signedIn(context, 'books')
    const from = stage.app.kept.length
    const page = await post(context, `${acs()}?tenant=7`, { fields: response })
    const [kept, ...more] = await arrived(from)
    expect(more).toEqual([])
    expect(kept).toMatchObject({ method: 'POST', url: '/saml/acs?tenant=7' })
    expect(kept!.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-email': 'thomas@example.com',
      origin: stage.origin('books'),
    })
    await page.waitForURL(`${acs()}?tenant=7`)
    expect(await page.locator('h1').innerText()).toBe('POST /saml/acs')
  })

  const everyByte = Array.from({ length: 255 }, (_, index) => index + 1)
  const nasty = [
    hidden('a', '1') + hidden('b', '') + hidden('a', '2') + hidden('a', ''),
    hidden('submit', 'Continue') + hidden('action', 'x') + hidden('elements', 'y') + hidden('_charset_', ''),
    hidden('x', '&quot;&gt;&lt;/form&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;`') +
      hidden('&lt;/form&gt;&quot;', '1'),
    `<textarea name="text">\n\nline\nand  line\t \n</textarea>` + hidden('crlf', 'a&#13;&#10;b&#10;c&#13;d'),
    hidden('equals=', '=&amp;=+%41 %zz'),
  ].join('')
  test.each([
    ['utf-8', `${nasty}${hidden('ü€😀', 'äöüß€😀\u2028\u202e\ufeff')}`],
    ['windows-1252', `${nasty}${hidden('ü', String.fromCharCode(...everyByte.filter((byte) => byte > 0x9f)))}`],
    [
      'utf-8',
      everyByte
        .filter((byte) => byte > 31)
        .map((byte) => hidden(`n${byte}`, `&#${byte};`))
        .join(''),
    ],
  ])('each byte arrives as a form without Einlass would have brought it (%s)', async (charset, fields) => {
    const context = await browser()
    const from = stage.app.kept.length
    await post(context, `${stage.elsewhere('evil.test')}/direct`, { fields, charset })
    const [direct] = await until(
      () => since(stage.app, from, '/direct'),
      (found) => found.length > 0,
    )
    await stage.signedIn(context, 'books')
    const page = await post(context, acs(), { fields, charset })
    const [kept] = await arrived(from)
    expect(kept!.body.toString('latin1')).toBe(direct!.body.toString('latin1'))
    // What was sent was data: no script of it ran, and the page is that of the app.
    await page.getByRole('heading', { name: 'POST /saml/acs' }).waitFor()
  })

  test('without a session nothing is kept here: sign in in a tab, reload, and the browser sends it again', async () => {
    const context = await browser()
    const from = stage.app.kept.length
    const page = await post(context, acs(), { fields: response })
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    const tab = await newTab(context, () => page.getByRole('link', { name: 'Sign in in a new tab' }).click())
    await identify(tab)
    await closed(tab)
    expect(since(stage.app, from, '/saml/acs')).toEqual([])
    await page.reload()
    const [kept] = await arrived(from)
    expect(new URLSearchParams(kept!.body.toString()).get('RelayState')).toBe('/a?b=c&d')
    expect(kept!.headers['x-forwarded-email']).toBe('thomas@example.com')
  })

  test('the answer of the app may lead to any other origin', async () => {
    const context = await browser()
    await stage.signedIn(context, 'books')
    stage.app.page('/saml/acs', '', { location: `${stage.elsewhere('shop.test')}/thanks` })
    const page = await post(context, acs(), { fields: response })
    await page.waitForURL(`${stage.elsewhere('shop.test')}/thanks`)
    stage.app.page('/saml/acs', '<!doctype html><title>App</title><h1>POST /saml/acs</h1>')
  })

  test.each(['no-referrer', 'same-origin', 'unsafe-url'])('so it does from a page under %s', async (referrer) => {
    const context = await browser()
    await stage.signedIn(context, 'books')
    const from = stage.app.kept.length
    await post(context, acs(), { fields: response, referrer })
    expect(await arrived(from)).toHaveLength(1)
  })

  test('in a frame of the app itself, as banks ask for a confirmation, it arrives too', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'books')
    const from = stage.app.kept.length
    stage.app.page('/idp', formPage(acs(), { fields: response }))
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('iframe'), { src: '${stage.elsewhere('idp.test')}/idp' }))`,
    )
    expect(await arrived(from)).toHaveLength(1)
  })

  test('300 KB, files and other formats are refused in true words', async () => {
    const context = await browser()
    await stage.signedIn(context, 'books')
    const from = stage.app.kept.length
    const large = await post(context, acs(), { fields: hidden('a', 'x'.repeat(300 * 1024)) })
    await large.getByRole('heading', { name: 'This is too large to be passed on' }).waitFor()
    const many = await post(context, acs(), { fields: hidden('a', '').repeat(1_001) })
    await many.getByRole('heading', { name: 'This is too large to be passed on' }).waitFor()
    for (const enctype of ['multipart/form-data', 'text/plain']) {
      const page = await post(context, acs(), { fields: response, enctype })
      await page.getByRole('heading', { name: 'This cannot be passed on' }).waitFor()
    }
    expect(since(stage.app, from, '/saml/acs')).toEqual([])
  })
})

describe('what a page elsewhere cannot do', () => {
  test.each(['evil.test', 'notes'])('%s sends nothing there in a hidden frame or by a script', async (host) => {
    const context = await browser()
    await stage.signedIn(context, 'books')
    if (host === 'notes') await (await context.newPage()).goto(`${stage.origin('notes')}/`)
    const from = stage.app.kept.length
    const page = await post(context, acs(), { fields: response, target: 'hidden' }, host)
    await page.evaluate(
      `Promise.all(['no-cors', 'cors'].map((mode) => fetch('${acs()}', { method: 'POST', mode, credentials: 'include', body: new URLSearchParams('a=b') }).catch(() => 0)))`,
    )
    await page.evaluate(`navigator.sendBeacon('${acs()}', new URLSearchParams('a=b'))`)
    await page.waitForTimeout(1_000)
    expect(since(stage.app, from, '/saml/acs')).toEqual([])
  })

  test.each(['idp.test', 'notes'])('%s posts a form to no other path, and the page names the setting', async (host) => {
    const context = await browser()
    await stage.signedIn(context, 'books')
    if (host === 'notes') await (await context.newPage()).goto(`${stage.origin('notes')}/`)
    const from = stage.app.kept.length
    const page = await post(context, `${stage.origin('books')}/saml/acs/more`, { fields: response }, host)
    await page.getByRole('heading', { name: 'Stopped for your protection' }).waitFor()
    expect(await page.locator('main').innerText()).toContain('cross_site_posts')
    expect(since(stage.app, from, '/saml/acs/more')).toEqual([])
  })
})

describe('after the session ended', () => {
  test('a long form with a file is sent again when the page is reloaded after a sign-in in a tab', async () => {
    const context = await browser()
    stage.app.page(
      '/long',
      `<!doctype html><title>Long</title><form method="post" action="/save" enctype="multipart/form-data">
        <textarea name="text"></textarea><input type="file" name="file"><button>Save</button></form>`,
    )
    const page = await stage.signedIn(context, 'notes', '/long')
    const text = 'A long text that nobody wants to write twice. '.repeat(3_000)
    await page.locator('textarea').fill(text)
    const file = join(folder, 'report.txt')
    await writeFile(file, 'what is in the file')
    await page.locator('input').setInputFiles(file)
    await endSession(context, 'provider forgets')
    const from = stage.app.kept.length
    await page.getByRole('button', { name: 'Save' }).click()
    const link = page.getByRole('link', { name: 'Sign in in a new tab' })
    await link.waitFor()
    expect(since(stage.app, from, '/save')).toEqual([])
    const tab = await newTab(context, () => link.click())
    await identify(tab)
    await closed(tab)
    await page.reload()
    const [kept, ...more] = await until(
      () => since(stage.app, from, '/save'),
      (found) => found.length > 0,
    )
    expect(more).toEqual([])
    const body = kept!.body.toString()
    expect([body.includes(text), body.includes('what is in the file')]).toEqual([true, true])
  })

  test('a script gets an address for a window that closes itself', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'notes')
    await endSession(context, 'provider forgets')
    const ask = `fetch('/data').then(async (answer) => ({ status: answer.status, ...(answer.ok ? {} : await answer.json()) }))`
    const { status, sign_in: signIn } = await page.evaluate<{ status: number; sign_in: string }>(ask)
    expect([status, signIn]).toEqual([401, `${stage.origin('notes')}/.einlass/signed-in`])
    const open = `void window.open(${JSON.stringify(signIn)}, '_blank', 'popup,width=500,height=600')`
    const window = await newTab(context, () => page.evaluate(open))
    await identify(window)
    await closed(window)
    expect(await page.evaluate(`fetch('/data').then(({ status }) => status)`)).toBe(200)
  })

  test('a page that a service worker passes on is redirected to the sign-in like any other', async () => {
    const context = await browser()
    const worker = `oninstall = () => skipWaiting()
      onactivate = (event) => event.waitUntil(clients.claim())
      onfetch = (event) => event.respondWith(fetch(event.request))`
    stage.app.page('/sw.js', worker, { 'content-type': 'text/javascript' })
    const page = await stage.signedIn(context, 'notes')
    await page.evaluate(
      `navigator.serviceWorker.register('/sw.js').then(() => new Promise((done) => navigator.serviceWorker.controller ? done() : (navigator.serviceWorker.oncontrollerchange = done)))`,
    )
    await endSession(context, 'provider forgets')
    const from = stage.app.kept.length
    await page.goto(`${stage.origin('notes')}/inbox?a=1`)
    await identify(page)
    await page.waitForURL(`${stage.origin('notes')}/inbox?a=1`)
    const [kept] = since(stage.app, from, '/inbox')
    // It was the worker that asked.
    expect(kept!.headers).toMatchObject({ 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'navigate' })
  })
})
