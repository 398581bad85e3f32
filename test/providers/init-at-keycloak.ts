// `npm run test:init`: plays `einlass init` at a real Keycloak and in Chromium until a page is open; prints answers and seconds.

import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { readCommandLine } from '../../scripts/command-line.ts'
import { freePorts } from '../../src/demo/listen.ts'
import { launchBrowser } from '../support/chromium.ts'
import { startNode } from '../support/gateway-process.ts'
import { playInit } from '../support/play-init.ts'
import { openPty } from '../support/pty.ts'
import { startRecordingApp } from '../support/recording-app.ts'
import { keycloakAdmin } from './keycloak-admin.ts'
import { password, realm } from './keycloak-realm.ts'
import { keycloak } from './keycloak.ts'

readCommandLine({
  name: 'test:init',
  about:
    'Plays einlass init on a terminal, at a real Keycloak set up as the tutorial says, until a page of an application is open in Chromium. Exits 1 when it does not work.',
  options: {},
})

const missing = keycloak.missing()
if (missing === undefined) await play()
else process.stdout.write(`Keycloak: skipped, this machine lacks ${missing}\n`)

async function play(): Promise<void> {
  const undo: (() => unknown)[] = []
  const folder = await mkdtemp(join(tmpdir(), 'einlass-init-keycloak-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  try {
    const [port, trial] = (await freePorts(2)) as [number, number]
    const [origin, wiki] = [`http://access.localhost:${port}`, `http://wiki.localhost:${port}`]
    const app = await startRecordingApp()
    undo.push(() => app.stop())
    const browser = await launchBrowser()
    undo.push(() => browser.close())
    const provider = await keycloak.start(folder, { gateway: origin })
    undo.push(() => provider.stop())
    const { issuer } = provider.configuration['identity'] as { readonly issuer: string }

    const home = join(folder, randomBytes(4).toString('hex'))
    await mkdir(home)
    const began = performance.now()
    const pty = openPty(
      [process.execPath, join(import.meta.dirname, '../../bin/einlass.mjs'), 'init', '--trial-port', String(trial)],
      { cwd: home },
    )
    undo.push(() => pty.kill())
    const said = await playInit(pty, {
      origin,
      issuer,
      title: 'Keycloak',
      clientSecret: provider.clientSecret,
      app: app.origin,
      async register([redirect, , , trialRedirect]) {
        // The tutorial's commands made the client; an administrator adds the address of the trial to it.
        const admin = keycloakAdmin(new URL(issuer).origin, 'admin', password)
        const [client] = await admin.call<{ id: string }[]>('GET', `/${realm}/clients?clientId=einlass`)
        await admin.call('PUT', `/${realm}/clients/${client!.id}`, {
          ...client,
          redirectUris: [redirect, trialRedirect],
        })
      },
      async signIn(start) {
        const context = await browser.newContext()
        const page = await context.newPage()
        await page.goto(start)
        await signInAtKeycloak(page)
        await page.getByText('Go back to the terminal').waitFor()
        await context.close()
      },
    })
    const node = await startNode({
      name: 'init',
      port,
      configurationFile: join(home, 'einlass.yaml'),
      adminSocket: join(home, 'admin.sock'),
      auditFile: join(home, 'audit.jsonl'),
    })
    undo.push(() => node.stop())
    const page = await (await browser.newContext()).newPage()
    await page.goto(wiki)
    await signInAtKeycloak(page)
    await page.waitForURL(`${wiki}/`)
    const shown = await page.locator('body').innerText()
    if (!shown.includes('anna@example.com')) throw new Error(`the application was not told who signed in: ${shown}`)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const { typed, enters } = pty.counts()
    const yaml = await readFile(join(home, 'einlass.yaml'), 'utf8')
    if (!yaml.includes('kind: keycloak')) throw new Error(`Keycloak was not recognised:\n${yaml}`)
    process.stdout.write(`Keycloak (${provider.version}) says: ${said}\n`)
    process.stdout.write(
      `${typed} answers, ${enters} times Enter, ${seconds} s from the first question to the signed-in page\n`,
    )
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

async function signInAtKeycloak(page: Page): Promise<void> {
  await page.locator('#username').fill('anna')
  await page.locator('#password').fill(password)
  await page.locator('#kc-login').click()
}
