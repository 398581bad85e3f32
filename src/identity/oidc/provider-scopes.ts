// Scopes of a provider: which are requested, by what its metadata lists, and which of them it refused or left out.

import type { ServerMetadata } from 'openid-client'
import type { ProviderSettings } from '../../config/provider-settings.ts'

export interface ProviderScopes {
  /** Of an authorization request. */
  requested(metadata: Pick<ServerMetadata, 'scopes_supported'>): readonly string[]
  /** Call with the response to an authorization code. */
  granted(tokenResponse: Readonly<Record<string, unknown>>, metadata: Pick<ServerMetadata, 'scopes_supported'>): void
  /** Call for the error `invalid_scope`. It may come from a browser, so nothing but the report depends on it. */
  refused(metadata: Pick<ServerMetadata, 'scopes_supported'>): void
  /** For administrators; undefined: everything that was requested was granted. */
  report(): ScopeReport | undefined
}

export interface ScopeReport {
  readonly requested: readonly string[]
  /** Empty: the provider refused the request as a whole and does not say which. */
  readonly missing: readonly string[]
}

/** `changed`: called when the report becomes another one. */
export function createProviderScopes(
  settings: ProviderSettings,
  changed: (report: ScopeReport | undefined) => void,
): ProviderScopes {
  let current: ScopeReport | undefined
  const report = (next: ScopeReport | undefined): void => {
    const same = JSON.stringify(next) === JSON.stringify(current)
    current = next
    if (!same) changed(next)
  }
  const requested: ProviderScopes['requested'] = ({ scopes_supported: listed }) => {
    const optional = settings.scopesWhereListed ?? []
    return [...new Set(['openid', ...settings.scopes, ...optional.filter((scope) => listed?.includes(scope) === true)])]
  }
  return {
    requested,
    granted(tokenResponse, metadata) {
      const wanted = requested(metadata)
      const missing = missingScopes(wanted, tokenResponse, settings)
      report(missing.length === 0 ? undefined : { requested: wanted, missing })
    },
    refused: (metadata) => report({ requested: requested(metadata), missing: [] }),
    report: () => current,
  }
}

/** RFC 6749 section 5.1: `scope` is absent when it is what was requested. */
function missingScopes(
  requested: readonly string[],
  { scope, refresh_token: refresh }: Readonly<Record<string, unknown>>,
  { kind }: ProviderSettings,
): readonly string[] {
  // Google answers with other names of the same scopes.
  if (typeof scope !== 'string' || kind === 'google') return []
  const granted = new Set(scope.split(' '))
  return requested.filter((one) => {
    // Entra leaves it out of the list and grants it: the refresh token is what counts.
    if (one === 'offline_access') return typeof refresh !== 'string'
    return !granted.has(one)
  })
}
