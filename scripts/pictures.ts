// Takes the pictures in docs/pictures anew, from the running demo: `node scripts/pictures.ts`. Run by hand when a page changed.

import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { buildStage, type Stage } from '../src/demo/stage.ts'
import { launchBrowser } from '../test/support/browser.ts'
import { signIn } from '../test/browser/demo-visit.ts'

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
  readonly take: (page: Page, stage: Stage) => Promise<void>
}

const pictures: readonly Picture[] = [
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
]

async function choose(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.addresses.apps.wiki}/page/7`)
}

async function refused(page: Page, stage: Stage): Promise<void> {
  await page.goto(stage.addresses.apps.servers)
  await signIn(page, 'ada')
  await page.locator('.reasons').waitFor()
}

async function wiki(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.addresses.apps.wiki}/page/7`)
  await signIn(page, 'erika')
  await page.locator('[data-assertion=verified]').waitFor()
}

async function machines(page: Page, stage: Stage): Promise<void> {
  await page.goto(stage.addresses.apps.machines)
  await signIn(page, 'miro')
  await page.locator('#socket.live').waitFor()
  await page.locator('#events.live').waitFor()
  // As long as the line of readings is.
  await page.waitForTimeout(6500)
}

async function cut(page: Page, stage: Stage): Promise<void> {
  await machines(page, stage)
  await stage.endGrantAt(Date.now() + 1000)
  await page.locator('#socket.cut').waitFor()
  await page.locator('#events.cut').waitFor()
}

async function techniciansPortal(page: Page, stage: Stage): Promise<void> {
  await page.goto(stage.addresses.gateway)
  await signIn(page, 'miro')
  await page.locator('.apps').waitFor()
}

async function adasPortal(page: Page, stage: Stage): Promise<void> {
  await page.goto(stage.addresses.gateway)
  await signIn(page, 'ada')
  await page.locator('.apps').waitFor()
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
} finally {
  await browser?.close()
  await rm(fonts, { recursive: true, force: true })
}

async function takePicture(
  browser: Browser,
  { name, viewport = large, dark, language, whole, take }: Picture,
): Promise<void> {
  // A demo of its own, at the addresses the README names: nobody else's sessions are in the picture.
  const stage = await buildStage({ port: 8080, grantFor: 10 * 60_000, revalidate: '20s', env: {}, now: Date.now })
  const context = await browser.newContext({
    viewport,
    deviceScaleFactor: 1.5,
    colorScheme: dark ? 'dark' : 'light',
    locale: language ?? 'en-GB',
  })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await take(page, stage)
    await page.evaluate('document.fonts.ready')
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole === true })
    console.log(`docs/pictures/${name}.png`)
  } finally {
    await context.close()
    await stage.stop()
  }
}

/** Pages of ours name no font of their own: these are the ones a picture looks good in. */
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
