// Gateway, real OpenID provider and Chromium of the tabs test, all under one site (`*.company.localhost`).

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { freePorts } from '../../src/demo/listen.ts'
import { staff } from '../../src/demo/people.ts'
import { startProvider } from '../../src/demo/provider/provider.ts'
import { startGateway } from '../../src/server/start-gateway.ts'
import { companyIdentity, gatewayClient, writeSecrets } from '../support/company-identity.ts'
import { launchBrowser } from '../support/chromium.ts'
import { http1Backend } from '../support/http1-backend.ts'
import { startRecordingApp } from '../support/recording-app.ts'

export interface TabsStage {
  /** Public origin of an app, or of the gateway itself (`access`). */
  origin(app: string): string
  readonly provider: string
  /** An empty browser profile. */
  browser(): Promise<BrowserContext>
  stop(): Promise<void>
}

/** The person of all scenarios: a password, and a one-time code where an app asks for a second factor. */
export const username = 'thomas'
export const appNames = ['wiki', 'books', 'vault', 'safe'] as const

export async function openTabsStage(): Promise<TabsStage> {
  const undo: (() => unknown)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return await open(undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function open(undo: (() => unknown)[], stop: () => Promise<void>): Promise<TabsStage> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-tabs-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const app = await startRecordingApp()
  undo.push(() => app.stop())
  const [port, providerPort] = (await freePorts(2)) as [number, number]
  const origin = (name: string): string => `http://${name}.company.localhost:${port}`
  const client = gatewayClient(origin('access'))
  const provider = await startProvider({
    port: providerPort,
    issuer: `http://login.company.localhost:${providerPort}`,
    people: staff,
    clients: [client],
  })
  undo.push(() => provider.stop())
  await writeSecrets(folder, client)
  const file = join(folder, 'gateway.yaml')
  const strong = { mfa: true }
  await writeFile(
    file,
    JSON.stringify({
      gateway: {
        url: origin('access'),
        listen: [{ address: `127.0.0.1:${port}` }],
        secret_key: 'file:secret.key',
        admin_socket: join(folder, 'admin.sock'),
        operations: false,
        workers: 1,
        http1: http1Backend,
      },
      audit: { file: { path: join(folder, 'audit.jsonl') } },
      store: 'memory:',
      identity: companyIdentity(provider.issuer),
      session: {},
      apps: Object.fromEntries(
        appNames.map((name) => [
          name,
          {
            from: origin(name),
            to: app.origin,
            ...(name === 'wiki' && { embeds: ['books'] }),
            policy: [{ allow: name === 'vault' || name === 'safe' ? strong : {} }],
          },
        ]),
      ),
    }),
  )
  const started = await startGateway({ file, env: {}, logLevel: 'error' })
  if (started.state === 'refused') throw new Error(started.problems.join('\n'))
  undo.push(() => started.gateway.stop(0))
  const browser = await launchBrowser(['--disable-features=LocalNetworkAccessChecks'])
  undo.push(() => browser.close())
  return {
    origin,
    provider: provider.issuer,
    async browser() {
      const context = await browser.newContext({ locale: 'en-GB' })
      context.setDefaultTimeout(15_000)
      return context
    },
    stop,
  }
}

/** At the provider: user, password, and the code of the phone on the page if it asks for one. */
export async function identify(page: Page): Promise<void> {
  const person = staff.find((one) => one.username === username)!
  await page.getByRole('link', { name: person.name }).click()
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export async function typeCode(page: Page): Promise<void> {
  const shown = (await page.locator('.phone b').innerText()).replaceAll(' ', '')
  await page.getByLabel('Code').fill(shown)
  await page.getByRole('button', { name: 'Confirm' }).click()
}
