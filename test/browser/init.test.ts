// `einlass init` played on a terminal, with a trial sign-in in Chromium, until a page of the application is open.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { freePorts } from '../../src/demo/listen.ts'
import { startProvider, type DemoProvider } from '../../src/demo/provider/provider.ts'
import { launcher } from '../cli/run-command.ts'
import { launchBrowser } from '../support/chromium.ts'
import { startNode } from '../support/gateway-process.ts'
import { playInit } from '../support/play-init.ts'
import { openPty } from '../support/pty.ts'
import { startRecordingApp, type RecordingApp } from '../support/recording-app.ts'

const secret = 'of-this-test: {hidden}'
let browser: Browser
let app: RecordingApp
let provider: DemoProvider
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'einlass-init-'))
  browser = await launchBrowser()
  app = await startRecordingApp()
  const person = { username: 'anna', name: 'Anna Adler', email: 'anna@example.com', groups: ['staff', 'finance'] }
  const people = [{ ...person, password: 'sonne', secondFactor: 'none' as const }]
  provider = await startProvider({ port: 0, people, clients: [] })
})
afterAll(async () => {
  await provider.stop()
  await app.stop()
  await browser.close()
  await rm(folder, { recursive: true, force: true })
})

test('from an empty folder to a signed-in page, in the terminal and Chromium', async () => {
  const [port, trial] = (await freePorts(2)) as [number, number]
  const [origin, wiki] = [`http://access.localhost:${port}`, `http://wiki.localhost:${port}`]
  const began = performance.now()
  const pty = openPty([process.execPath, launcher, 'init', '--trial-port', String(trial)], { cwd: folder })
  onTestFinished(() => pty.kill())
  const said = await playInit(pty, {
    origin,
    issuer: provider.issuer,
    title: 'OpenID Connect',
    clientSecret: secret,
    app: app.origin,
    async register([redirect, signedOut, backchannel, trialRedirect]) {
      expect([redirect, signedOut, backchannel, trialRedirect]).toEqual([
        `${origin}/callback/default`,
        `${origin}/signed-out`,
        `${origin}/backchannel-logout/default`,
        `http://127.0.0.1:${trial}/callback/default`,
      ])
      await provider.register({
        clientId: 'einlass',
        clientSecret: secret,
        redirectUris: [redirect, trialRedirect],
        postLogoutRedirectUris: [signedOut],
        backchannelLogoutUri: backchannel,
      })
    },
    async signIn(start) {
      const context = await browser.newContext({ locale: 'en-GB' })
      context.setDefaultTimeout(10_000)
      const page = await context.newPage()
      await page.goto(start)
      await signIn(page)
      await page.getByText('Go back to the terminal').waitFor()
      await context.close()
    },
  })
  expect(said).toBe('Anna Adler, anna@example.com (verified); groups: staff, finance; acr urn:einlass:demo:1; amr pwd')
  const { typed, enters } = pty.counts()
  expect(typed).toBeLessThanOrEqual(6)

  const file = join(folder, 'einlass.yaml')
  const node = await startNode({
    name: 'init',
    port,
    configurationFile: file,
    adminSocket: join(folder, 'admin.sock'),
    auditFile: join(folder, 'audit.jsonl'),
  })
  onTestFinished(() => void node.stop())
  const visit = await browser.newContext({ locale: 'en-GB' })
  visit.setDefaultTimeout(10_000)
  const first = await visit.newPage()
  await first.goto(wiki)
  await signIn(first)
  await first.waitForURL(`${wiki}/`)
  expect(await first.locator('body').innerText()).toContain('anna')
  await visit.close()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`einlass init: ${typed} answers, ${enters} times Enter, ${seconds} s from the first question to the page`)
  expect(await node.stop()).toBe(0)
}, 90_000)

test('--demo-provider: one command to a signed-in page, with a password that only the terminal shows', async () => {
  const [port] = await freePorts(1)
  const wiki = `http://wiki.localhost:${port}`
  const options = [
    '--demo-provider',
    '--domain',
    `http://access.localhost:${port}`,
    '--app-to',
    app.origin,
    '--app-name',
    'Wiki',
  ]
  const child = spawn(process.execPath, [launcher, 'init', '--directory', 'demo', ...options], { cwd: folder })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
  await expect.poll(() => said, { timeout: 20_000 }).toMatch(/Password: \S+\n[^]*!!\n$/)
  const password = /Password: (\S+)/.exec(said)![1]!
  const visit = await browser.newContext({ locale: 'en-GB' })
  onTestFinished(() => visit.close())
  visit.setDefaultTimeout(10_000)
  const page = await visit.newPage()
  await page.goto(wiki)
  await page.locator('a.tile').click()
  expect(await page.content()).not.toContain(password)
  await page.getByLabel('Password').fill('guessed')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  expect(await page.content()).not.toContain(password)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${wiki}/`)
  expect(await page.locator('body').innerText()).toContain('x-forwarded-user')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
}, 60_000)

async function signIn(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Anna Adler' }).click()
  await page.getByLabel('Password').fill('sonne')
  await page.getByRole('button', { name: 'Sign in' }).click()
}
