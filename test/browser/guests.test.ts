// Guests in Chromium: a technician with nothing but a mailbox, a code by mail, and a passkey of a virtual authenticator (WebAuthn).

import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import { codeFor, codeMails, grantTo, withGuests } from '../support/guest.ts'
import { startSmtpServer, type SmtpServer } from '../support/smtp-server.ts'

let inside: GatewayInProcess
let smtp: SmtpServer
let browser: Browser

beforeAll(async () => {
  smtp = await startSmtpServer()
  inside = await startGatewayInProcess({
    erp: { title: 'ERP', policy: [{ allow: { grant: 'required' } }] },
    lab: { title: 'Lab', policy: [{ allow: { grant: 'required', mfa: { level: 'phishing_resistant' } } }] },
  })
  const people = ['kim', 'lou', 'max', 'ola'].map((name) => `${name}@supplier.example`)
  await inside.configure((configuration) => {
    withGuests(configuration, smtp)
    configuration['grants'] = people.flatMap((email) => [grantTo(email, 'erp'), grantTo(email, 'lab')])
  })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await inside?.stop()
  await smtp?.close()
})

async function visit<T>(work: (page: Page, context: BrowserContext) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ locale: 'en-GB' })
  try {
    return await work(await context.newPage(), context)
  } finally {
    await context.close()
  }
}

async function withAuthenticator(
  page: Page,
  options: { readonly isUserVerified?: boolean } = {},
): Promise<{ readonly cdp: CDPSession; readonly id: string }> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: options.isUserVerified ?? true,
      automaticPresenceSimulation: true,
    },
  })
  return { cdp, id: authenticatorId }
}

async function signIn(page: Page, url: string, email: string): Promise<void> {
  const before = codeMails(smtp, email).length
  await page.goto(url)
  await page.getByRole('link', { name: 'With a code by mail' }).click()
  await page.getByLabel('Your e-mail address').fill(email)
  await page.getByRole('button', { name: 'Send the code' }).click()
  await page.getByLabel('Code from the mail').fill(await codeFor(smtp, email, before + 1))
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function addPasskey(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
}

const lab = (): string => `${inside.origin('lab')}/`

describe('a guest in a browser', () => {
  test('signs in with a code, adds a passkey for an application that asks for more, and uses it', async () => {
    await visit(async (page) => {
      await withAuthenticator(page)
      await signIn(page, `${inside.origin('erp')}/`, 'kim@supplier.example')
      await page.waitForURL(`${inside.origin('erp')}/`)
      await page.goto(lab())
      await page.getByRole('heading', { name: 'A passkey is needed here' }).waitFor()
      await page.getByRole('link', { name: 'Add a passkey' }).click()
      await addPasskey(page, 'Laptop')
      // What it was added for comes next.
      await page.getByRole('button', { name: 'Use the passkey' }).click()
      await page.waitForURL(lab())
      const stepUp = await inside.event((line) => line.activity_name === 'Step-up' && line.status === 'Success')
      expect(stepUp).toMatchObject({ is_mfa: true, unmapped: { detail: 'passkey' } })
      await expect
        .poll(() => smtp.mails.some(({ raw }) => raw.includes('A passkey was added')), { timeout: 5000 })
        .toBe(true)
      await page.goto(`${inside.origin('access')}/account/passkeys`)
      expect(await page.locator('.rows').innerText()).toMatch(/Laptop\s+added .* last used/s)
      await page.getByRole('button', { name: 'Remove Laptop' }).click()
      await page.getByText('The passkey was removed.').waitFor()
    })
  })

  test('whose device does not verify its user adds nothing, and may try again', async () => {
    await visit(async (page) => {
      const { cdp, id } = await withAuthenticator(page, { isUserVerified: false })
      await signIn(page, lab(), 'lou@supplier.example')
      await page.getByRole('link', { name: 'Add a passkey' }).click()
      await addPasskey(page, 'Laptop')
      await page.getByText('That did not work').waitFor()
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: true })
      await addPasskey(page, 'Laptop')
      await page.getByRole('button', { name: 'Use the passkey' }).click()
      await page.waitForURL(lab())
    })
  })

  test('whose passkey was copied is refused: its counter went back', async () => {
    await visit(async (page) => {
      const { cdp, id } = await withAuthenticator(page)
      await signIn(page, lab(), 'max@supplier.example')
      await page.getByRole('link', { name: 'Add a passkey' }).click()
      await addPasskey(page, 'Laptop')
      await page.getByRole('button', { name: 'Use the passkey' }).waitFor()
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: id })
      const [copy] = credentials
      await page.getByRole('button', { name: 'Use the passkey' }).click()
      await page.waitForURL(lab())
      // The copy still has the counter of before.
      await cdp.send('WebAuthn.clearCredentials', { authenticatorId: id })
      await cdp.send('WebAuthn.addCredential', { authenticatorId: id, credential: { ...copy!, signCount: 0 } })
      await page.goto(`${inside.origin('access')}/sign-in/passkey`)
      await page.getByRole('button', { name: 'Use the passkey' }).click()
      await page.getByText('The passkey was not accepted').waitFor()
      const finding = await inside.event((line) => JSON.stringify(line).includes('may have been copied'))
      expect(finding).toMatchObject({ class_uid: 2004, severity_id: 4 })
    })
  })

  test('without JavaScript reads what to do', async () => {
    const context = await browser.newContext({ locale: 'de-DE', javaScriptEnabled: false })
    try {
      const page = await context.newPage()
      page.setDefaultTimeout(5_000)
      const email = 'ola@supplier.example'
      await page.goto(`${inside.origin('access')}/sign-in`)
      await page.getByRole('link', { name: 'Mit einem Code per E-Mail' }).click()
      await page.getByLabel('Ihre E-Mail-Adresse').fill(email)
      await page.getByRole('button', { name: 'Code senden' }).click()
      await page.getByLabel('Code aus der E-Mail').fill(await codeFor(smtp, email))
      await page.getByRole('button', { name: 'Anmelden' }).click()
      await page.getByRole('heading', { name: /ola@supplier\.example/ }).waitFor()
      await page.goto(`${inside.origin('access')}/account/passkeys`)
      await page.getByText('Passkeys brauchen JavaScript').waitFor()
    } finally {
      await context.close()
    }
  })
})
