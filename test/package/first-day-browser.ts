// Chromium of a first day: it checks certificates, and trusts one more root.

import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { Person } from '../../src/demo/people.ts'
import { launchBrowser } from '../support/chromium.ts'

/** Its home folder is `home`, and the names of a first day lead to loopback. */
export function launchWith(home: string): Promise<Browser> {
  return launchBrowser(['--host-resolver-rules=MAP *.first-day.test 127.0.0.1'], home)
}

/** Makes `home`, whose certificate database (NSS) has `root`, in PEM. */
export async function trust(root: string, home: string): Promise<void> {
  const database = join(home, '.pki/nssdb')
  await mkdir(database, { recursive: true })
  const file = join(home, 'root.pem')
  await writeFile(file, root)
  const certutil = (...args: string[]) =>
    execFileSync('certutil', ['-d', `sql:${database}`, ...args], { stdio: 'pipe' })
  certutil('-N', '--empty-password')
  certutil('-A', '-n', 'root of the authority', '-t', 'C,,', '-i', file)
}

/** Opens `url` as a person would, again until the first certificate is there, and signs in at the demo's provider. */
export async function openSignedIn(
  browser: Browser,
  url: string,
  { name }: Pick<Person, 'name'>,
  password = 'sonne',
): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB' })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  await openOnceCertified(page, url)
  await page.getByRole('link', { name }).click()
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${url}/`)
  await context.close()
}

/** Without a certificate the handshake fails; one that Chromium does not trust is an error. */
async function openOnceCertified(page: Page, url: string): Promise<void> {
  for (let waited = 0; ; waited += 100) {
    const error = await page.goto(url).then(
      () => undefined,
      (reason: unknown) => String(reason),
    )
    if (error === undefined) return
    if (waited > 30_000 || !/ERR_(?:SSL|CONNECTION)_/.test(error)) throw new Error(error)
    await pause(100)
  }
}

/** The counter-check: with an empty certificate database, Chromium shows no page. */
export async function refusedUnlessTrusted(url: string, home: string): Promise<void> {
  await mkdir(home, { recursive: true })
  const browser = await launchWith(home)
  try {
    const page = await (await browser.newContext()).newPage()
    const error = await page.goto(url).then(() => 'opened', String)
    if (!error.includes('ERR_CERT_AUTHORITY_INVALID')) throw new Error(`Chromium checks no certificate: ${error}`)
  } finally {
    await browser.close()
  }
}
