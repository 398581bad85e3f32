// Providers, for `einlass check --online`: metadata, keys, client, redirect URI, and the directory of groups.

import type { Configuration } from '../../config/configuration.ts'
import { redirectUriOf } from '../../identity/oidc/pending-sign-ins.ts'
import { probeProvider } from '../../identity/oidc/probe-provider.ts'
import { probeRedirect } from '../../identity/oidc/probe-redirect.ts'
import type { Provider } from '../../identity/oidc/provider.ts'
import { proxyFromEnvironment } from '../../net/outbound-proxy.ts'
import type { Io } from '../command.ts'
import { bounded, clockSample, type Asked, type OnlineCheck } from './online-check.ts'

export function askProvider(
  provider: Provider,
  { origin }: Configuration['gateway'],
  env: Io['env'],
): readonly Promise<Asked>[] {
  const { name, issuer } = provider.settings
  return [
    bounded(`provider ${name} (${issuer})`, async () => {
      const { ok, detail, scopes } = await probeProvider(provider, origin)
      return { checks: [{ name: `provider ${name} (${issuer})`, ok, detail, scopes }] }
    }),
    bounded(`redirect URI at ${name}`, () => askRedirect(provider, origin, env)),
    bounded(`provider ${name}: groups`, async () => ({ checks: await askDirectory(provider) })),
  ]
}

async function askRedirect(provider: Provider, origin: string, env: Io['env']): Promise<Asked> {
  const { settings } = provider
  const redirectUri = redirectUriOf(origin, settings.name)
  const name = `redirect URI at ${settings.name}: ${redirectUri}`
  const connection = await provider.connect().catch(() => undefined)
  const endpoint = connection?.metadata.authorization_endpoint
  // What is wrong with the provider is said by its own line.
  if (connection === undefined || endpoint === undefined) return { checks: [] }
  const { accepted, detail, date } = await probeRedirect({
    settings,
    authorizationEndpoint: endpoint,
    redirectUri,
    scopes: provider.scopes.requested(connection.metadata),
    proxy: proxyFromEnvironment(env),
  })
  const clock = clockSample(`provider ${settings.name}`, date, Date.now())
  const mend = accepted === false ? 'enter exactly this address at the client of the provider' : undefined
  return { checks: [{ name, ok: accepted !== false, detail, mend }], clocks: clock === undefined ? [] : [clock] }
}

/** The directory of `groups_from`, asked once; none where the provider has none. */
async function askDirectory({ settings, groups, connect }: Provider): Promise<readonly OnlineCheck[]> {
  if (groups.probe === undefined) return []
  const name = `provider ${settings.name}: groups from ${settings.groupsFrom}`
  try {
    const result = await groups.probe(await connect())
    if (result.state === 'answers') return [{ name, ok: true, detail: '' }]
    return [{ name, ok: false, detail: result.cause, mend: result.mend }]
  } catch (error) {
    return [{ name, ok: false, detail: error instanceof Error ? error.message : 'unknown' }]
  }
}
