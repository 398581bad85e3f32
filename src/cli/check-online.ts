// `einlass check --online`: asks the group directory of each provider once, and says which permission is missing.

import type { ProviderSettings } from '../config/configuration.ts'
import { createProviders } from '../identity/oidc/provider.ts'

export interface OnlineCheck {
  /** What was asked: `provider NAME: groups from graph`. */
  readonly name: string
  readonly works: boolean
  readonly cause: string | undefined
  /** What the admin can do; undefined: unknown, or nothing is to be done. */
  readonly mend: string | undefined
}

/** One check for each provider whose `groups_from` is a directory. Never rejects. */
export async function checkOnline(settings: ReadonlyMap<string, ProviderSettings>): Promise<readonly OnlineCheck[]> {
  const providers = createProviders({ settings, now: Date.now, log: () => {} })
  try {
    const checks = providers.all().map(async ({ settings: { name, groupsFrom }, groups, connect }) => {
      if (groups.probe === undefined) return []
      const about = `provider ${name}: groups from ${groupsFrom}`
      try {
        const result = await groups.probe(await connect())
        if (result.state === 'answers') return [{ name: about, works: true, cause: undefined, mend: undefined }]
        return [{ name: about, works: false, cause: result.cause, mend: result.mend }]
      } catch (error) {
        const cause = error instanceof Error ? error.message : 'unknown'
        return [{ name: about, works: false, cause, mend: undefined }]
      }
    })
    return (await Promise.all(checks)).flat()
  } finally {
    await providers.stop()
  }
}

export function printOnlineCheck({ name, works, cause, mend }: OnlineCheck): string {
  if (works) return `✓ ${name}`
  return `✗ ${name}: ${cause}${mend === undefined ? '' : `; ${mend}`}`
}
