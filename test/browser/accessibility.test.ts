// Every built-in page against the rules of axe (WCAG 2.2 A and AA, best practices), in light and dark, wide and narrow.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { organisationFace } from '../web/face-fixtures.ts'
import { serveFixtures, type FixtureServer } from './fixture-server.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let browser: Browser
let fixtures: FixtureServer

beforeAll(async () => {
  fixtures = await serveFixtures(organisationFace)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await fixtures?.stop()
})

interface Finding {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

describe.each([
  { language: 'en', width: 1280, colorScheme: 'light' },
  { language: 'de', width: 360, colorScheme: 'dark' },
] as const)('$language, $width px, $colorScheme', ({ language, width, colorScheme }) => {
  test('no page has a finding', async () => {
    // Pages run no script: the rules are evaluated from outside, past their policy.
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, bypassCSP: true })
    try {
      const page = await context.newPage()
      const findings: string[] = []
      for (const name of fixtures.names) {
        await page.goto(`${fixtures.origin}/${language}/${name}`)
        await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`)
        await page.evaluate(axe)
        const found = await page.evaluate<readonly Finding[]>('axe.run(document).then(({ violations }) => violations)')
        findings.push(...found.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]!.html.slice(0, 200)}`))
      }
      expect(findings).toEqual([])
      expect(fixtures.names.length).toBeGreaterThan(60)
    } finally {
      await context.close()
    }
  }, 300_000)
})
