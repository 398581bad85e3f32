// Checks of `einlass check --online`: whether what the configuration names answers as a sign-in needs it.

import type { Configuration } from '../config/configuration.ts'
import { probeProvider, type ProbedProvider } from '../identity/oidc/probe-provider.ts'
import { createProviders } from '../identity/oidc/provider.ts'
import type { Io } from './command.ts'

/** `env`: `HTTPS_PROXY` and `NO_PROXY` of the process, as for the gateway. Never rejects. */
export async function askOnline(
  { providers: settings, gateway }: Pick<Configuration, 'providers' | 'gateway'>,
  env: Io['env'],
): Promise<readonly ProbedProvider[]> {
  const providers = createProviders({ settings, now: Date.now, log: () => undefined, env })
  try {
    return await Promise.all(providers.all().map((provider) => probeProvider(provider, gateway.origin)))
  } finally {
    await providers.stop()
  }
}
