// Octets that Chromium sends raw in paths and queries: every one is accepted and forwarded as sent.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcome, places } from '../../scripts/reference/request-targets.ts'
import { canonicalTarget } from '../../src/gateway/canonical/request-target.ts'
import { launchBrowser } from '../support/chromium.ts'

let server: Server
let browser: Browser
const received: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    received.push(request.url!)
    response.end('<title>ok</title>')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  server?.close()
})

const printable = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index))
const names = ['ü', 'ß', '„x“', '😀', '\u200b', ...printable]

test('as a script of a page writes them into addresses', async () => {
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  received.length = 0
  const urls = names.flatMap((one) => [`/files/a${one}b`, `/files?a${one}b`])
  await page.evaluate(async (list) => {
    for (const url of list) await fetch(url)
  }, urls)
  expect(received.filter((target) => target !== '/favicon.ico')).toHaveLength(urls.length)
  const refused = received.filter((target) => 'refused' in canonicalTarget(target))
  // What follows a raw % are no hex digits; most servers refuse it as well.
  expect(refused).toEqual(['/files/a%b'])
  const raw = (target: string): string => target.replace(/^\/files(?:\/a|\?a)/, '').replace(/b$/, '')
  for (const target of received.filter((one) => !refused.includes(one))) {
    const place = target.startsWith('/files?') ? places.at(-1)! : places[0]!
    expect([target, outcome(place, raw(target))]).toEqual([target, 'as sent'])
  }
  // Beyond RFC 3986, as measured with Chromium 156: `[ ]` in paths, and [ \\ ] ^ ` { | } and a lone % in queries.
  expect(received).toEqual(expect.arrayContaining(['/files/a[b', '/files?a%b', '/files?a{b', '/files?a\\b']))
})
