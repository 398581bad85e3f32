// What one app has of its own for request headers: Host, credentials, constant fields, and names to remove or keep.

import type { App } from '../../config/configuration.ts'
import type { UpstreamHost } from '../../config/forwarding-settings.ts'

export interface AppHeaderSettings {
  /** `headers.remove` and `headers.keep`; a name that is both is removed by the configuration check. */
  readonly remove: readonly string[]
  readonly keep: readonly string[]
  /** Names that the gateway sets for this app alone; a client's are removed whatever `keep` says. */
  readonly own?: readonly string[]
  /** Name, value, ... of every request, credentials included. */
  readonly constants?: readonly string[]
  /** Default: `public`. `upstream`: Host is left out here, and added for the server that is chosen. */
  readonly host?: UpstreamHost
}

/** Undefined: the app has nothing of its own, and shares the rules of all. */
export function appHeaderSettings(app: App): AppHeaderSettings | undefined {
  const { headerNames, identityHeaders, authorization, requestFields, upstreamHost = 'public' } = app
  const mapped = typeof identityHeaders === 'string' ? [] : identityHeaders.map(([name]) => name)
  const own = [...mapped, ...(requestFields?.names ?? []), ...(authorization === undefined ? [] : ['Authorization'])]
  if (own.length === 0 && headerNames === undefined && upstreamHost === 'public') return undefined
  return {
    remove: headerNames?.remove ?? [],
    keep: headerNames?.keep ?? [],
    own,
    constants: constantRequestFields(app),
    host: upstreamHost,
  }
}

/** Name, value, ...: also of health checks, which the app would refuse without its credentials. */
export function constantRequestFields({
  requestFields,
  authorization,
}: Pick<App, 'requestFields' | 'authorization'>): string[] {
  const set = requestFields?.names.flatMap((name, i) => [name, requestFields.values[i]!]) ?? []
  return authorization?.kind === 'basic' ? [...set, 'Authorization', authorization.value] : set
}
