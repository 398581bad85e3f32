// Checks of `einlass check --online`: whether what the configuration names answers as a sign-in needs it.

import type { Configuration } from '../config/configuration.ts'
import { probeProvider } from '../identity/oidc/probe-provider.ts'
import { createProviders, type Provider } from '../identity/oidc/provider.ts'
import type { Io } from './command.ts'
import { escapeControls } from './table.ts'

export interface OnlineCheck {
  /** What was asked: `provider NAME (ISSUER)`, or `provider NAME: groups from SOURCE`. */
  readonly name: string
  readonly ok: boolean
  /** What was found, or what is wrong and how to mend it; empty when there is nothing to say. */
  readonly detail: string
  /** What a sign-in will request, of a provider. */
  readonly scopes?: readonly string[]
}

/** `env`: `HTTPS_PROXY` and `NO_PROXY` of the process, as for the gateway. Never rejects. */
export async function askOnline(
  { providers: settings, gateway }: Pick<Configuration, 'providers' | 'gateway'>,
  env: Io['env'],
): Promise<readonly OnlineCheck[]> {
  const providers = createProviders({ settings, now: Date.now, log: () => undefined, env })
  try {
    const checks = providers.all().map(async (provider) => {
      const { name, issuer, refused: _refused, ...found } = await probeProvider(provider, gateway.origin)
      return [{ name: `provider ${name} (${issuer})`, ...found }, ...(await askDirectory(provider))]
    })
    return (await Promise.all(checks)).flat()
  } finally {
    await providers.stop()
  }
}

export function printOnlineCheck({ name, ok, detail }: OnlineCheck): string {
  return `${ok ? '✓' : '✗'} ${escapeControls(name)}${detail === '' ? '' : `: ${escapeControls(detail)}`}`
}

/** The directory of `groups_from`, asked once; none where the provider has none. */
async function askDirectory({ settings, groups, connect }: Provider): Promise<readonly OnlineCheck[]> {
  if (groups.probe === undefined) return []
  const name = `provider ${settings.name}: groups from ${settings.groupsFrom}`
  try {
    const result = await groups.probe(await connect())
    if (result.state === 'answers') return [{ name, ok: true, detail: '' }]
    return [{ name, ok: false, detail: result.cause + (result.mend === undefined ? '' : `; ${result.mend}`) }]
  } catch (error) {
    return [{ name, ok: false, detail: error instanceof Error ? error.message : 'unknown' }]
  }
}
