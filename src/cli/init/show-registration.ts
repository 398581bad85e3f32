// Shows what to register at the provider: the addresses to paste, the fields they belong to, and where to click.

import type { ProviderKind } from '../../config/provider-settings.ts'
import { redirectUriOf } from '../../identity/oidc/pending-sign-ins.ts'
import type { Asker } from './asker.ts'
import type { Language } from './messages/language.ts'
import { providerName } from './provider-draft.ts'
import { guides } from './provider-guides.ts'

/** Addresses of the gateway that the provider has to know. */
export function registeredAddresses(origin: string) {
  return {
    redirect: redirectUriOf(origin, providerName),
    signedOut: `${origin}/signed-out`,
    backchannel: `${origin}/backchannel-logout/${providerName}`,
  } as const
}

/** `trial`: redirect URI of the trial sign-in; undefined: there is none. */
export function showRegistration(
  { t, say, heading }: Asker,
  {
    kind,
    origin,
    trial,
    language,
  }: {
    readonly kind: ProviderKind
    readonly origin: string
    readonly trial: string | undefined
    readonly language: Language
  },
): void {
  const guide = guides[kind]
  const { redirect, signedOut, backchannel } = registeredAddresses(origin)
  heading(t.provider.register(guide.title))
  const rows: (readonly [what: string, url: string, field: string | undefined])[] = [
    [t.provider.redirect, redirect, guide.redirect],
    [t.provider.signedOut, signedOut, guide.signedOut],
    [t.provider.backchannel, backchannel, guide.backchannel],
    ...(trial === undefined ? [] : [[t.provider.trial, trial, guide.redirect] as const]),
  ]
  for (const [what, url, field] of rows) {
    if (field === undefined) say(`  ${what}: ${t.provider.notThere}`)
    else say(`  ${what}${field.toLowerCase() === what.toLowerCase() ? '' : ` (${field})`}:\n    ${url}`)
  }
  say(`  ${t.provider.where}`)
  for (const line of guide.where[language]) say(`    ${line}`)
  const page = kind === 'generic' ? 'docs/guides/providers/README.md' : `docs/guides/providers/${kind}.md`
  say(`  ${t.provider.page(page)}`)
}
