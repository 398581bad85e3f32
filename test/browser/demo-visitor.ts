// Demo user in Chromium: signs in through the pages, and records console errors and CSP violations.

import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Person } from '../../src/demo/people.ts'
import { externals, staff } from '../../src/demo/people.ts'
import type { DemoEnvironment } from '../../src/demo/stage.ts'

export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** Console errors of all pages, including CSP violations. */
  readonly faults: string[]
}

/** A separate browser context. Fails on any console error. */
export async function visiting(
  browser: Browser,
  look: (visit: Visit) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  context.setDefaultTimeout(10_000)
  const faults: string[] = []
  context.on('page', (page) => {
    page.on('console', (message) => {
      // Denied pages have a 4xx status, which the browser reports on the console.
      const refused = /Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())
      if ((message.type() === 'error' || message.type() === 'warning') && !refused)
        faults.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`))
  })
  try {
    await look({ context, page: await context.newPage(), faults })
    expect(faults).toEqual([])
  } finally {
    await context.close()
  }
}

/** From the sign-in page to the requested page; enters the second factor only if required. */
export async function signIn(page: Page, username: string): Promise<void> {
  await page
    .getByRole('link', { name: personCalled(username).email.endsWith('example.com') ? 'Muster GmbH' : 'Partner AG' })
    .click()
  await identify(page, username)
}

/** At the provider: chooses the user and enters the password. */
export async function identify(page: Page, username: string): Promise<void> {
  const person = personCalled(username)
  await page.getByRole('link', { name: person.name }).click()
  await givePassword(page, person.password)
}

export async function givePassword(page: Page, password: string): Promise<void> {
  await page.getByLabel(/^(Password|Passwort)$/).fill(password)
  await page.getByRole('button', { name: /^(Sign in|Anmelden)$/ }).click()
}

/** Reads the code from the phone shown on the page, and enters it. */
export async function typeCode(page: Page): Promise<void> {
  const shown = (await page.locator('.phone b').innerText()).replaceAll(' ', '')
  if (!/^\d{6}$/.test(shown)) throw new Error(`the phone shows ${JSON.stringify(shown)}`)
  await page.getByLabel('Code').fill('')
  await page.getByLabel('Code').pressSequentially(shown)
  await page.getByRole('button', { name: /^(Confirm|Bestätigen)$/ }).click()
}

export async function touchKey(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^(Touch the security key|Sicherheitsschlüssel berühren)$/ }).click()
}

/** The same app through the company laptop. */
export function throughLaptop(stage: DemoEnvironment, url: string): string {
  return url.replace(`:${stage.ports.gateway}`, `:${stage.ports.laptop}`)
}

/** Identity fields that the app received and verified. */
export async function verified(page: Page): Promise<Record<string, string>> {
  const rows = page.locator('[data-assertion=verified] tr')
  await rows.first().waitFor()
  const cells = await rows.evaluateAll((all) =>
    (all as unknown as { cells: ArrayLike<{ textContent: string }> }[]).map(({ cells }) => [
      cells[0]!.textContent,
      cells[1]!.textContent,
    ]),
  )
  return Object.fromEntries(cells) as Record<string, string>
}

function personCalled(username: string): Person {
  const person = [...staff, ...externals].find((one) => one.username === username)
  if (!person) throw new Error(`no demo user ${username}`)
  return person
}
