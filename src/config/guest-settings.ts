// Settings of guests after loading: people without a provider, who sign in by a one-time code sent by mail.

import { guestProvider } from '../policy/subject.ts'
import type { MailSettings } from './audit-settings.ts'
import type { ProviderSettings } from './provider-settings.ts'

export interface GuestSettings {
  /** Mail server of the codes; undefined: switched off (`mail: false`), so that no guest can sign in. */
  readonly mail: MailSettings | undefined
  /** Domains in lower case, `xn--` labels, to which codes are sent; empty: any domain no other provider vouches for. */
  readonly domains: readonly string[]
  readonly external: boolean
}

/** Without the guests, whose provider is built in: those that speak OpenID Connect. */
export function openIdProviders(
  providers: ReadonlyMap<string, ProviderSettings>,
): ReadonlyMap<string, ProviderSettings> {
  return providers.has(guestProvider) ? new Map([...providers].filter(([name]) => name !== guestProvider)) : providers
}
