// Takes the screenshots in docs/pictures from a running demo: `npm run pictures`. Run by hand after a page changed.

import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { startDemoEnvironment, type DemoEnvironment } from '../src/demo/stage.ts'
import { launchBrowser } from '../test/support/chromium.ts'
import { serveFixtures } from '../test/browser/fixture-server.ts'
import { organisationFace } from '../test/web/face-fixtures.ts'
import { signIn, touchKey, typeCode } from '../test/browser/demo-visitor.ts'
import { playScene } from '../test/browser/scene-player.ts'
import { chooseLength, enter, fillIn, live, openForRequests, toDecision } from '../test/browser/request-workflow.ts'

const folder = fileURLToPath(new URL('../docs/pictures/', import.meta.url))
const large = { width: 1280, height: 800 }
const small = { width: 390, height: 844 }

interface Picture {
  readonly name: string
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly dark?: boolean
  readonly language?: string
  /** The whole page, not only what fits the screen. */
  readonly whole?: boolean
  /** The technician has no standing grant and asks for access instead. */
  readonly requests?: true
  readonly take: (page: Page, stage: DemoEnvironment) => Promise<void>
}

const pictures: readonly Picture[] = [
  { name: 'stage', take: scenes },
  { name: 'sign-in', take: choose },
  { name: 'sign-in-narrow', viewport: small, dark: true, language: 'de-DE', take: choose },
  { name: 'denied', whole: true, take: refused },
  { name: 'denied-dark', whole: true, dark: true, take: refused },
  { name: 'denied-narrow', whole: true, viewport: small, language: 'de-DE', take: refused },
  { name: 'wiki', take: wiki },
  { name: 'machines', take: machines },
  { name: 'machines-cut', take: cut },
  { name: 'portal-technician', take: techniciansPortal },
  { name: 'portal', take: adasPortal },
  { name: 'portal-dark', dark: true, take: adasPortal },
  { name: 'portal-narrow', whole: true, viewport: small, take: adasPortal },
  { name: 'request-denied', whole: true, requests: true, take: notYet },
  { name: 'request-form', whole: true, requests: true, take: filledIn },
  {
    name: 'request-form-narrow',
    whole: true,
    requests: true,
    viewport: small,
    dark: true,
    language: 'de-DE',
    take: form,
  },
  { name: 'request-decision', whole: true, requests: true, take: decision },
  { name: 'request-countdown', whole: true, requests: true, take: counting },
  { name: 'request-countdown-narrow', whole: true, requests: true, viewport: small, dark: true, take: counting },
  { name: 'request-work', requests: true, take: working },
  { name: 'request-more-time', whole: true, requests: true, take: prolonged },
  { name: 'request-cut', requests: true, take: cutOff },
  { name: 'request-ended', whole: true, requests: true, take: showEndedRequest },
  { name: 'request-emergency', whole: true, take: emergency },
  { name: 'emergency-running', take: running },
  { name: 'portal-waiting', requests: true, take: badge },
  { name: 'external', whole: true, take: register },
  { name: 'review', whole: true, take: review },
  { name: 'review-narrow', whole: true, viewport: small, dark: true, language: 'de-DE', take: review },
]

/** The fourth scene after its end: three connections cut. */
async function scenes(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(stage.addresses.stage)
  await playScene(page, 'technician', 'Be Miro')
  await playScene(page, 'end', 'Be Miro')
  // Until the charts of readings are full.
  await page.waitForTimeout(6500)
  await playScene(page, 'end', 'End the grant in 15 s')
}

async function choose(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(`${stage.addresses.apps.wiki}/page/7`)
}

async function refused(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(stage.addresses.apps.servers)
  await signIn(page, 'ada')
  await page.locator('.reasons').waitFor()
}

async function wiki(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(`${stage.addresses.apps.wiki}/page/7`)
  await signIn(page, 'erika')
  await page.locator('[data-assertion=verified]').waitFor()
}

async function machines(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(stage.addresses.apps.machines)
  await signIn(page, 'miro')
  await page.locator('#socket.live').waitFor()
  await page.locator('#events.live').waitFor()
  // Until the chart of readings is full.
  await page.waitForTimeout(6500)
}

async function cut(page: Page, stage: DemoEnvironment): Promise<void> {
  await machines(page, stage)
  await stage.endGrantAt(Date.now() + 1000)
  await page.locator('#socket.cut').waitFor()
  await page.locator('#events.cut').waitFor()
}

async function techniciansPortal(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(stage.addresses.gateway)
  await signIn(page, 'miro')
  await page.locator('.apps').waitFor()
}

async function adasPortal(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(stage.addresses.gateway)
  await signIn(page, 'ada')
  await page.locator('.apps').waitFor()
}

async function notYet(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(stage.addresses.apps.machines)
  await enter(page, 'miro')
  await page.locator('.reasons').waitFor()
}

async function form(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(`${stage.addresses.gateway}/requests/new?app=machines`)
  await enter(page, 'miro')
  await page.locator('#reason').waitFor()
}

const requestFields = {
  level: 'Full access',
  length: '2 hours',
  reason: 'Press 4 loses pressure. I have to change a limit.',
} as const

async function filledIn(page: Page, stage: DemoEnvironment): Promise<void> {
  await form(page, stage)
  await fillIn(page, requestFields)
}

async function asked(page: Page, stage: DemoEnvironment): Promise<string> {
  await filledIn(page, stage)
  await page.getByRole('button', { name: 'Ask for access' }).click()
  await page.locator('.timeline').waitFor()
  return page.url()
}

/** Runs `act` as another user in a browser context of their own, which is not in the screenshot. */
async function aside<Result>(page: Page, act: (other: Page) => Promise<Result>): Promise<Result> {
  const context = await page.context().browser()!.newContext({ locale: 'en-GB' })
  try {
    return await act(await context.newPage())
  } finally {
    await context.close()
  }
}

async function enterErika(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(`${stage.addresses.gateway}/approvals`)
  await enter(page, 'erika')
  await page.locator('h1').waitFor()
  await page.waitForURL(`${stage.addresses.gateway}/approvals`)
}

async function approve(page: Page, stage: DemoEnvironment, minutes: number): Promise<void> {
  await aside(page, async (erika) => {
    await enterErika(erika, stage)
    await toDecision(erika, stage)
    await chooseLength(erika, minutes)
    await erika.getByLabel(/^Comment/).fill('Call me when you are done.')
    await erika.getByRole('button', { name: 'Approve' }).click()
    await erika.locator('.said.good').waitFor()
  })
}

async function decision(page: Page, stage: DemoEnvironment): Promise<void> {
  await aside(page, (miro) => asked(miro, stage))
  await enterErika(page, stage)
  await toDecision(page, stage)
  await page.getByRole('radio', { name: '30 minutes' }).check()
  await page.getByLabel(/^Comment/).fill('Call me when you are done.')
}

async function badge(page: Page, stage: DemoEnvironment): Promise<void> {
  await aside(page, (miro) => asked(miro, stage))
  await enterErika(page, stage)
  await page.goto(stage.addresses.gateway)
}

async function counting(page: Page, stage: DemoEnvironment): Promise<void> {
  const request = await asked(page, stage)
  await approve(page, stage, 15)
  await page.goto(request)
  await page.locator('.countdown').waitFor()
  await page.waitForTimeout(2000)
}

async function working(page: Page, stage: DemoEnvironment): Promise<void> {
  await counting(page, stage)
  await page.getByRole('link', { name: 'Open Machines' }).click()
  await live(page)
  await page.waitForTimeout(6500)
}

async function prolonged(page: Page, stage: DemoEnvironment): Promise<void> {
  await counting(page, stage)
  await page.getByRole('link', { name: 'Ask for more time' }).click()
  await fillIn(page, { length: '30 minutes', reason: 'The new limit has to be watched for a while' })
  await page.getByRole('button', { name: 'Ask for more time' }).click()
  await page.locator('.timeline').waitFor()
  await approve(page, stage, 20)
  await page.reload()
}

async function cutOff(page: Page, stage: DemoEnvironment): Promise<void> {
  await asked(page, stage)
  await approve(page, stage, 0.25)
  await page.goto(stage.addresses.apps.machines)
  await live(page)
  await page.locator('#socket.cut').waitFor({ timeout: 30_000 })
  await page.locator('#events.cut').waitFor()
}

async function showEndedRequest(page: Page, stage: DemoEnvironment): Promise<void> {
  await cutOff(page, stage)
  await page.reload()
  await page.locator('.reasons').waitFor()
}

/** The page of a reviewer while Ada uses emergency access. */
async function running(page: Page, stage: DemoEnvironment): Promise<void> {
  const hers = await page.context().browser()!.newPage({ locale: 'en-GB' })
  await emergency(hers, stage)
  await hers.locator('#reason').fill('Press 4 does not stop')
  await hers.locator('main button[type=submit]').click()
  await hers.waitForURL('**/requests/*')
  await hers.close()
  await page.goto(stage.addresses.gateway)
  await signIn(page, 'erika')
  await page.locator('.emergency').waitFor()
}

async function emergency(page: Page, stage: DemoEnvironment): Promise<void> {
  await page.goto(stage.addresses.gateway)
  await signIn(page, 'ada')
  await page.locator('.apps').waitFor()
  await page.goto(`${stage.addresses.gateway}/requests/new?app=machines&emergency=1`)
  await touchKey(page)
  await page.locator('#reason').waitFor()
}

/** Opens an admin page as Erika, after Miro has used the app so that it shows a user. */
async function asAdmin(page: Page, stage: DemoEnvironment, admin: string, path: string): Promise<void> {
  await aside(page, async (miro) => {
    await miro.goto(stage.addresses.apps.machines)
    await signIn(miro, 'miro')
    await miro.locator('#socket.live').waitFor()
  })
  await page.goto(stage.addresses.gateway)
  await signIn(page, admin)
  await page.goto(`${stage.addresses.gateway}${path}`)
  await page.locator('main').waitFor()
}

async function register(page: Page, stage: DemoEnvironment): Promise<void> {
  await asAdmin(page, stage, 'erika', '/admin/external')
}

async function review(page: Page, stage: DemoEnvironment): Promise<void> {
  await asAdmin(page, stage, 'vera', '/admin/reviews/machines')
  await typeCode(page)
  // In a picture of the whole page the buttons are at its end.
  await page.locator('.actions.signing').waitFor()
  await page.evaluate(`document.querySelector('.actions.signing').style.position = 'static'`)
}

const fonts = await mkdtemp(join(tmpdir(), 'einlass-pictures-'))
let browser: Browser | undefined
try {
  await writeFile(join(fonts, 'fonts.conf'), fontConfiguration(join(fonts, 'cache')))
  process.env['FONTCONFIG_FILE'] = join(fonts, 'fonts.conf')
  warnOfMissingFonts()
  browser = await launchBrowser(['--font-render-hinting=none'])
  const wanted = process.argv.slice(2)
  for (const picture of pictures) {
    if (wanted.length === 0 || wanted.includes(picture.name)) await takePicture(browser, picture)
  }
  if (wanted.length === 0 || wanted.includes('portal-many')) await pictureOfFixture(browser, 'portal-many')
} finally {
  await browser?.close()
  await rm(fonts, { recursive: true, force: true })
}

async function takePicture(
  browser: Browser,
  { name, viewport = large, dark, language, whole, requests, take }: Picture,
): Promise<void> {
  // A fresh demo at the addresses the README names, so that no other sessions are in the screenshot.
  const stage = await startDemoEnvironment({
    port: 8080,
    grantFor: 10 * 60_000,
    revalidate: '20s',
    env: {},
    now: Date.now,
  })
  const context = await browser.newContext({
    viewport,
    deviceScaleFactor: 1.5,
    colorScheme: dark ? 'dark' : 'light',
    locale: language ?? 'en-GB',
  })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    if (requests) await openForRequests(stage)
    await take(page, stage)
    await page.evaluate('document.fonts.ready')
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole === true })
    console.log(`docs/pictures/${name}.png`)
  } finally {
    await context.close()
    await stage.stop()
  }
}

/** More applications than the demo has, with the face of an organisation. */
async function pictureOfFixture(browser: Browser, name: string): Promise<void> {
  const fixtures = await serveFixtures(organisationFace)
  const page = await browser.newPage({ viewport: large, deviceScaleFactor: 1.5 })
  try {
    await page.goto(`${fixtures.origin}/en/${name}`)
    await page.evaluate('document.fonts.ready')
    await page.screenshot({ path: join(folder, `${name}.png`) })
    console.log(`docs/pictures/${name}.png`)
  } finally {
    await page.close()
    await fixtures.stop()
  }
}

/** Codes, applications and pages without a stylesheet of their own use system fonts: this selects those for the screenshots. */
function fontConfiguration(cache: string): string {
  const prefer = (family: string, font: string) =>
    `<match target="pattern"><test name="family"><string>${family}</string></test><edit name="family" mode="prepend" binding="strong"><string>${font}</string></edit></match>`
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir><cachedir>${cache}</cachedir>
${['system-ui', 'ui-sans-serif', 'sans-serif'].map((family) => prefer(family, 'Inter')).join('')}
${['ui-monospace', 'monospace'].map((family) => prefer(family, 'JetBrains Mono')).join('')}
</fontconfig>`
}

function warnOfMissingFonts(): void {
  for (const font of ['Inter', 'JetBrains Mono']) {
    const found = spawnSync('fc-match', ['-f', '%{family}', font], { encoding: 'utf8' }).stdout ?? ''
    if (!found.startsWith(font))
      console.warn(`without the font ${font}: apt-get install fonts-inter fonts-jetbrains-mono`)
  }
}
