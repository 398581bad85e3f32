// Opens the provider that the answers describe, by the loader and the client the gateway uses; nothing is written for it.

import { join } from 'node:path'
import { stringify } from 'yaml'
import { loadConfiguration } from '../../config/load/load.ts'
import type { ProviderKind } from '../../config/provider-settings.ts'
import { createProviders, type Connection, type Provider } from '../../identity/oidc/provider.ts'
import { mendOf } from '../../identity/oidc/failure-mends.ts'
import { providerFailureOf } from '../../identity/oidc/provider-failure.ts'

/** Keys under `identity`, as they will be written; the secret is apart. */
export interface IdentityDraft {
  readonly kind: ProviderKind
  readonly issuer: string
  readonly client_id: string
  readonly ca?: string
  readonly hosted_domain?: string
  readonly scopes?: readonly string[]
  readonly claims?: {
    readonly groups: string | { readonly claim: string; readonly shape?: string; readonly field?: string }
  }
  readonly mfa?: { readonly acr_any?: readonly string[]; readonly amr_any?: readonly string[] }
}

export interface DraftContext {
  /** Paths in the draft are relative to it. */
  readonly directory: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type OpenedDraft =
  | { readonly ok: true; readonly provider: Provider; stop(): Promise<void> }
  /** What the configuration would be refused for. */
  | { readonly ok: false; readonly problem: string }

/** Name of the provider of a configuration with one: part of its redirect URI. */
export const providerName = 'default'
const secretVariable = 'EINLASS_INIT_CLIENT_SECRET'

export async function openDraft(
  draft: IdentityDraft,
  secret: string,
  { directory, env }: DraftContext,
): Promise<OpenedDraft> {
  const text = stringify({
    gateway: { url: 'http://localhost:1', operations: false },
    store: 'memory:',
    identity: { ...draft, client_secret: `env:${secretVariable}` },
    apps: {
      draft: {
        from: 'http://draft.localhost:1',
        to: 'http://127.0.0.1:2',
        policy: [{ allow: { users: ['draft@example.com'] } }],
      },
    },
  })
  const loaded = await loadConfiguration({
    file: join(directory, 'einlass.yaml'),
    text,
    env: { ...env, [secretVariable]: secret },
  })
  if (loaded.state === 'invalid') {
    return { ok: false, problem: loaded.problems.map(({ path, message }) => `${path}: ${message}`).join('; ') }
  }
  const { providers: settings } = loaded.configuration
  const providers = createProviders({ settings, now: Date.now, log: () => undefined, env })
  return { ok: true, provider: providers.get(providerName)!, stop: () => providers.stop() }
}

export type Discovered =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly cause: string; readonly detail: string; readonly mend: string }

export async function discover(provider: Provider): Promise<Discovered> {
  try {
    return { ok: true, connection: await provider.connect() }
  } catch (error) {
    const { cause, detail } = providerFailureOf(error)
    return { ok: false, cause, detail, mend: mendOf({ code: 'provider_unreachable', detail }) }
  }
}
