// The approval page on a phone: what matters and both answers on the first screen, and one tap decides as it is filled in.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assetAt } from '../../src/web/kit/assets.ts'
import type { Language } from '../../src/web/kit/language.ts'
import { launchBrowser } from '../support/chromium.ts'
import { renderAllPages } from '../web/page-fixtures.ts'

let browser: Browser
let server: Server
let sent: URLSearchParams | undefined
const viewport = { width: 360, height: 640 }

beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    const asset = assetAt(incoming.url!)
    if (asset !== undefined) return outgoing.writeHead(200, { 'Content-Type': asset.type }).end(asset.body)
    if (incoming.method === 'POST') {
      let body = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      incoming.on('end', () => {
        sent = new URLSearchParams(body)
        outgoing.end('decided')
      })
      return
    }
    const reply = renderAllPages(incoming.url!.slice(1) as Language).get('approval')!
    return outgoing.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(reply.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  server?.close()
})

async function open(language: Language): Promise<Page> {
  const context = await browser.newContext({ viewport, hasTouch: true })
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${language}`)
  return page
}

describe.each<[Language, string, string]>([
  ['en', 'Approve', 'Deny'],
  ['de', 'Genehmigen', 'Ablehnen'],
])('in %s', (language, approve, deny) => {
  test('who, what, how long, why, the warning about the device and both answers are on the first screen', async () => {
    const page = await open(language)
    const bar = await page.locator('.answers').boundingBox()
    expect(bar!.y + bar!.height).toBeLessThanOrEqual(viewport.height)
    const rows = await page.locator('.glance > div').all()
    expect(rows).toHaveLength(5)
    for (const row of rows) {
      const box = await row.boundingBox()
      expect(box!.y + box!.height).toBeLessThanOrEqual(bar!.y)
    }
    for (const name of [approve, deny]) {
      const box = await page.locator('.answers').getByRole('button', { name }).boundingBox()
      expect(Math.min(box!.width, box!.height)).toBeGreaterThanOrEqual(44)
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width)
    await page.context().close()
  })

  test('one tap on the page approves as asked for; what was changed below is what is sent', async () => {
    const page = await open(language)
    await page.locator('.answers').getByRole('button', { name: approve }).tap()
    await page.getByText('decided').waitFor()
    expect(sent!.get('act')).toBe('approve')
    expect(sent!.get('level')).toBe('full')
    await page.goBack()
    await page.locator('#approve input[name=level][value=read]').check()
    await page.locator('.answers').getByRole('button', { name: approve }).tap()
    await page.getByText('decided').waitFor()
    expect(sent!.get('level')).toBe('read')
    await page.goBack()
    await page.locator('.answers').getByRole('button', { name: deny }).tap()
    await page.getByText('decided').waitFor()
    expect(sent!.get('act')).toBe('deny')
    await page.context().close()
  })
})
