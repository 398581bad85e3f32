// Builds the settings of guests and their built-in provider; checks that a mail server and passkeys are possible.

import { isIP } from 'node:net'
import type { AuditSettings } from '../audit-settings.ts'
import type { GatewaySettings } from '../configuration.ts'
import type { GuestSettings } from '../guest-settings.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import { guestProvider } from '../../policy/subject.ts'
import type { MainInput } from '../schema/schema.ts'
import { childPlace, requireKeys, type Diagnostics, type Place } from './diagnostics.ts'
import { buildDomains } from './email-domains.ts'

type GuestInput = NonNullable<NonNullable<MainInput['identity']>['guests']>

/**
 * What policy and `explain` see of guests. RFC 8176 section 2: the code alone is `otp`, which proves one factor; a passkey
 * with user verification adds `mfa`, and the class `phr` (OpenID Connect EAP ACR Values 1.0). Fixed: nobody else states
 * these values, so that there is nothing to configure.
 */
export function guestProviderSettings(check: Diagnostics, place: Place, input: GuestInput): ProviderSettings {
  return {
    name: guestProvider,
    title: guestProvider,
    kind: 'generic',
    issuer: `urn:einlass:${guestProvider}`,
    clientId: '',
    clientSecret: undefined,
    privateKey: undefined,
    scopes: [],
    claims: {
      groups: { claim: 'groups', shape: 'list', field: undefined },
      email: 'email',
      name: 'name',
      username: 'preferred_username',
    },
    mfa: { amrAny: ['mfa'], acrAny: [] },
    phishingResistant: { amrAny: [], acrAny: ['phr'] },
    stepUp: { acrValues: ['phr'], essential: true, prompt: undefined, maxAge: undefined },
    external: input.external ?? true,
    domains: buildDomains(check, childPlace(place, 'domains'), input.domains),
    hostedDomains: [],
    emailVerified: 'required',
  }
}

/** `place`: of `identity.guests`. */
export function buildGuests(
  check: Diagnostics,
  place: Place,
  input: GuestInput | undefined,
  others: {
    readonly provider: ProviderSettings | undefined
    readonly audit: AuditSettings
    readonly gateway: Pick<GatewaySettings, 'origin'>
  },
): GuestSettings | undefined {
  if (input === undefined || others.provider === undefined) return undefined
  requireKeys(check, place, ['mail'])
  const server = others.audit.sinks.find((sink) => sink.kind === 'mail')
  if (input.mail === true && server === undefined) {
    check.problem(childPlace(place, 'mail'), 'the codes need a mail server: add an entry of kind: mail to audit.sinks')
  }
  // WebAuthn section 5.1.3: the relying party is a domain, never an address.
  const host = URL.parse(others.gateway.origin)?.hostname.replace(/^\[|\]$/g, '') ?? ''
  if (isIP(host) !== 0) {
    check.warn(
      place,
      'guests cannot add passkeys, so no rule with mfa lets them in: gateway.url names an address instead of a host',
      'key',
    )
  }
  const { external, domains } = others.provider
  return { mail: input.mail === true ? server : undefined, domains, external }
}
