// Miro asks for access to the machines and Erika decides about it, at the pages of the running demo.

import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import type { Stage } from '../../src/demo/stage.ts'
import { identify } from './demo-visitor.ts'

/** The demo, with the technician's standing grant taken out: he has to ask like everybody else. */
export async function openForRequests(stage: Stage): Promise<void> {
  const text = await readFile(stage.configurationFile, 'utf8')
  const without = text.replace(/^grants:\n(?:  .*\n)+/m, '')
  if (without === text) throw new Error('the demo no longer looks as expected')
  await writeFile(`${stage.configurationFile}.new`, without)
  await rename(`${stage.configurationFile}.new`, stage.configurationFile)
  const reloaded = await stage.gateway.reload()
  if (reloaded.state === 'refused') throw new Error(JSON.stringify(reloaded))
}

/** From our page where the provider is chosen. */
export async function enter(page: Page, username: 'miro' | 'erika' | 'thomas'): Promise<void> {
  await page.getByRole('link', { name: username === 'miro' ? 'Partner AG' : 'Muster GmbH' }).click()
  await identify(page, username)
}

export interface Wish {
  readonly level?: 'Read only' | 'Full access'
  /** One of those to choose from, or minutes of one's own. */
  readonly length: string | number
  readonly reason: string
}

/** On the form: everything but sending it. */
export async function fillIn(page: Page, { level, length, reason }: Wish): Promise<void> {
  if (level !== undefined) await page.getByRole('radio', { name: level }).check()
  await chooseLength(page, length)
  await page.getByLabel(/What do you need it for/).fill(reason)
}

export async function chooseLength(page: Page, length: string | number): Promise<void> {
  if (typeof length === 'string') return page.getByRole('radio', { name: length }).check()
  await page.getByRole('radio', { name: 'another length' }).check()
  await page.getByLabel('How long exactly').fill(String(length))
  await page.getByLabel('Unit').selectOption('minutes')
}

/** From anywhere on the gateway's host to the request that waits, by the badge. */
export async function toDecision(page: Page, stage: Stage): Promise<void> {
  await page.goto(stage.addresses.gateway)
  await page.getByRole('link', { name: 'One request waits for you' }).click()
  await page.getByRole('link', { name: /^Decide: Miro Novák/ }).click()
  await page.getByRole('button', { name: 'Approve' }).waitFor()
}

/** Sensors and sockets of the machines' page are live. */
export async function live(page: Page): Promise<void> {
  await page.locator('#socket.live').waitFor()
  await page.locator('#events.live').waitFor()
}
