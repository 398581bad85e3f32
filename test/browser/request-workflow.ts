// Access request workflow on the demo pages: Miro requests access to the machines, Erika decides.

import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import type { DemoEnvironment } from '../../src/demo/stage.ts'
import { identify } from './demo-visitor.ts'

/** The demo without the technician's configured grant, so that he has to request access. */
export async function openForRequests(stage: DemoEnvironment): Promise<void> {
  const text = await readFile(stage.configurationFile, 'utf8')
  const without = text.replace(/^grants:\n(?:  .*\n)+/m, '')
  if (without === text) throw new Error('the demo no longer looks as expected')
  await writeFile(`${stage.configurationFile}.new`, without)
  await rename(`${stage.configurationFile}.new`, stage.configurationFile)
  const reloaded = await stage.gateway.reload()
  if (reloaded.state === 'refused') throw new Error(JSON.stringify(reloaded))
}

/** Signs in, starting at the choice of provider. */
export async function enter(page: Page, username: 'miro' | 'erika' | 'thomas'): Promise<void> {
  await page.getByRole('link', { name: username === 'miro' ? 'Partner AG' : 'Muster GmbH' }).click()
  await identify(page, username)
}

export interface Wish {
  readonly level?: 'Read only' | 'Full access'
  /** A suggested duration by its label, or a number of minutes. */
  readonly length: string | number
  readonly reason: string
}

/** Fills in the form without sending it. */
export async function fillIn(page: Page, { level, length, reason }: Wish): Promise<void> {
  if (level !== undefined) await page.getByRole('radio', { name: level }).check()
  await chooseLength(page, length)
  await page.getByLabel(/Why do you need it/).fill(reason)
}

export async function chooseLength(page: Page, length: string | number): Promise<void> {
  if (typeof length === 'string') return page.getByRole('radio', { name: length }).check()
  await page.getByRole('radio', { name: 'another duration' }).check()
  await page.getByLabel('Duration', { exact: true }).fill(String(length))
  await page.getByLabel('Unit').selectOption('minutes')
}

/** From any page of the gateway host to the waiting request. */
export async function toDecision(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(stage.addresses.gateway)
  await page.getByRole('link', { name: 'One request is waiting for you' }).click()
  await page.getByRole('link', { name: /^Decide: Miro Novák/ }).click()
  await page.getByRole('button', { name: 'Approve' }).waitFor()
}

/** Waits until the event streams and WebSockets of the machines' page are live. */
export async function live(page: Page): Promise<void> {
  await page.locator('#socket.live').waitFor()
  await page.locator('#events.live').waitFor()
}
