// Invitation of the person of a grant: who gives access on behalf of which organisation, where the app is, and how to sign in.

import type { Configuration } from '../config/configuration.ts'
import { productName } from '../config/organisation-settings.ts'
import type { Language } from '../policy/messages/locale.ts'
import type { Grant } from '../policy/grant.ts'

/** Facts of an invitation, beside the terms of the grant. Display texts; all of the configuration or of an administrator. */
export interface Invitation {
  /** Its name, else the host of the gateway. */
  readonly organisation: string
  /** First page of the app. */
  readonly url: string
  /** The account to sign in with: an address, or the name of one at its provider. */
  readonly account: string
  readonly provider: string
  /** Whom to ask: the sponsor, else the owner of the app. */
  readonly ask: string | undefined
  /** Of the person; undefined: that of the mails. */
  readonly language: Language | undefined
}

/** Undefined for a grant that its person asked for, or to an app that is not configured: nobody is invited. */
export function invitationOf(
  { gateway, organisation, apps, providers }: Pick<Configuration, 'gateway' | 'organisation' | 'apps' | 'providers'>,
  grant: Grant,
): Invitation | undefined {
  const app = apps.get(grant.app)
  if (app === undefined || grant.basis !== undefined) return undefined
  const bar = grant.who.indexOf('|')
  const [provider, name] = [grant.who.slice(0, bar), grant.who.slice(bar + 1)]
  const [address] = app.addresses
  return {
    organisation: organisation.name === productName ? new URL(gateway.origin).hostname : organisation.name,
    url: `${address.origin}${address.path}/`,
    account: name.startsWith('mailto:') ? name.slice('mailto:'.length) : name,
    provider: providers.get(provider)?.title ?? provider,
    ask: grant.sponsor ?? app.owner,
    language: grant.language,
  }
}
