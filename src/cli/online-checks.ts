// Checks of `einlass check --online`: everything the configuration names is asked as the gateway would, in parallel.

import type { Configuration } from '../config/configuration.ts'
import { createProviders } from '../identity/oidc/provider.ts'
import type { Io } from './command.ts'
import { askCertificates } from './online/certificates.ts'
import { checkClock } from './online/clock.ts'
import { askNames } from './online/names.ts'
import type { OnlineCheck } from './online/online-check.ts'
import { askProvider } from './online/providers.ts'
import { askSinks } from './online/sinks.ts'
import { askStore } from './online/store.ts'
import { askUpstreams } from './online/upstreams.ts'

/** `env`: `HTTPS_PROXY` and `NO_PROXY` of the process, as for the gateway. Never rejects. */
export async function askOnline(configuration: Configuration, env: Io['env']): Promise<readonly OnlineCheck[]> {
  const { providers: settings, gateway } = configuration
  const providers = createProviders({ settings, now: Date.now, log: () => undefined, env })
  try {
    const asked = await Promise.all([
      ...askNames(configuration),
      ...askCertificates(configuration, Date.now()),
      ...providers.all().flatMap((provider) => askProvider(provider, gateway, env)),
      ...askUpstreams(configuration),
      askStore(configuration),
      ...askSinks(configuration),
    ])
    const clocks = asked.flatMap((one) => one.clocks ?? [])
    return [...asked.flatMap(({ checks }) => checks), ...checkClock(clocks)]
  } finally {
    await providers.stop()
  }
}
