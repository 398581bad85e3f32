// Launches Chromium for tests: CHROMIUM, else the first one on the PATH.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

export class ChromiumMissing extends Error {
  readonly code = 'chromium_missing'
  constructor(cause?: unknown) {
    super('Chromium was not found: set CHROMIUM to its path, or install it (apt-get install chromium)', { cause })
  }
}

/** The caller closes it. `args` are appended to the default flags. `home`: where it looks for own certificates of authorities. */
export async function launchBrowser(args: readonly string[] = [], home?: string): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [...flags, ...args],
    ...(home !== undefined && { env: { ...process.env, HOME: home } }),
  })
}

/** Absolute path; throws `ChromiumMissing`, so that a test that needs it fails with how to install it. */
export function chromiumPath(): string {
  const named = process.env['CHROMIUM']
  if (named) {
    if (executable(named)) return named
    throw new ChromiumMissing(new Error(`CHROMIUM names ${named}, which is not executable`))
  }
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '')
  for (const directory of directories) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
      if (executable(join(directory, name))) return join(directory, name)
    }
  }
  throw new ChromiumMissing()
}

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
