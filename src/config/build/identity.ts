// Builds the provider settings with their presets, and the session limits.

import { createPrivateKey } from 'node:crypto'
import type { SessionSettings } from '../configuration.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import { emergencyProvider, guestProvider } from '../../policy/subject.ts'
import type { MainInput } from '../schema/schema.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, childPlace, isLiteral } from './diagnostics.ts'
import { buildDomains } from './email-domains.ts'
import { isLoopback } from '../../net/loopback.ts'
import { specialAddress } from '../../net/special-addresses.ts'
import { buildGroupsClaim, buildGroupSource } from './group-source.ts'
import { guestProviderSettings } from './guests.ts'
import { checkUniqueDomains } from './provider-domains.ts'
import { presets } from './provider-presets.ts'
import { buildReach } from './provider-reach.ts'
import { concealValues } from '../load/secret-references.ts'

type IdentityInput = NonNullable<MainInput['identity']>
type ProviderInput = NonNullable<IdentityInput['providers']>[string]
type SessionInput = NonNullable<MainInput['session']>

export async function buildProviders(
  check: Diagnostics,
  place: Place,
  input: IdentityInput,
): Promise<Map<string, ProviderSettings>> {
  const { providers, linked: _linked, external_people: _people, guests, ...short } = input
  const written = Object.keys(short)
  const listed = place.file.tree.existedOriginally([...place.path, 'providers'])
  const built = new Map<string, ProviderSettings>()
  if (listed && written.length > 0) {
    check.problem(childPlace(place, written[0]!), 'expected either one provider directly, or `providers`', 'key')
  }
  if (!listed) built.set('default', await buildProvider(check, place, 'default', short))
  for (const [name, provider] of Object.entries(providers ?? {})) {
    if (name === emergencyProvider || name === guestProvider)
      check.problem(childPlace(place, 'providers', name), 'this name is reserved', 'key')
    built.set(name, await buildProvider(check, childPlace(place, 'providers', name), name, provider))
  }
  if (listed && providers !== undefined && built.size === 0) {
    check.problem(childPlace(place, 'providers'), 'at least one provider is required', 'key')
  }
  if (guests !== undefined) {
    built.set(guestProvider, guestProviderSettings(check, childPlace(place, 'guests'), guests))
  }
  checkUniqueDomains(check, place, built)
  const all = [...built.values()]
  for (const provider of all) {
    const foreign = all.filter(({ name }) => name !== provider.name).flatMap(({ domains }) => domains)
    if (foreign.length === 0) continue
    built.set(provider.name, concealValues({ ...provider, foreignDomains: new Set(foreign) }, secretKeys))
  }
  return built
}

/** Fills in defaults. `base`: the global settings an app inherits. */
export function buildSession(
  check: Diagnostics,
  place: Place,
  input: SessionInput | undefined,
  base: SessionSettings | undefined,
): SessionSettings {
  const minute = 60_000
  const settings: SessionSettings = {
    idle: input?.idle ?? base?.idle ?? 60 * minute,
    lifetime: input?.lifetime ?? base?.lifetime ?? 600 * minute,
    revalidate: input?.revalidate ?? base?.revalidate ?? 5 * minute,
    grace: input?.grace ?? base?.grace ?? 0,
    lease: input?.lease ?? base?.lease ?? minute,
  }
  for (const key of ['idle', 'lifetime', 'revalidate', 'lease'] as const) {
    if (input?.[key] !== undefined && input[key] < 1000) check.problem(childPlace(place, key), 'must be at least 1s')
  }
  if (input?.lease !== undefined && input.lease > 5 * minute)
    check.problem(childPlace(place, 'lease'), 'must be at most 5m')
  if (input?.grace !== undefined && input.grace > settings.lifetime) {
    check.problem(childPlace(place, 'grace'), 'must not be longer than the session lifetime')
  }
  for (const key of ['idle', 'lifetime'] as const) {
    if (base !== undefined && input?.[key] !== undefined && input[key] > base[key]) {
      check.warn(childPlace(place, key), `longer than session.${key}, so it has no effect`)
    }
  }
  return settings
}

/** Never printed. The URL of a proxy may contain a password. */
const secretKeys = ['clientSecret', 'privateKey', 'clientCertificate', 'proxy', 'googleDirectoryKey'] as const

async function buildProvider(
  check: Diagnostics,
  place: Place,
  name: string,
  input: ProviderInput,
): Promise<ProviderSettings> {
  requireKeys(check, place, ['issuer', 'client_id'])
  const preset = presets[input.kind ?? 'generic']
  if (input.hosted_domain !== undefined && input.kind !== 'google') {
    check.problem(childPlace(place, 'hosted_domain'), 'applies to `kind: google` only', 'key')
  }
  if (input.issuer !== undefined) checkIssuer(check, childPlace(place, 'issuer'), input.issuer)
  checkSecret(check, place, input)
  const proof = (given: ProviderInput['mfa'], fallback: ProviderSettings['mfa']): ProviderSettings['mfa'] =>
    given === undefined ? fallback : { amrAny: given.amr_any ?? [], acrAny: given.acr_any ?? [] }
  const mfa = proof(input.mfa, preset.mfa)
  const phishingResistant = proof(input.phishing_resistant, preset.phishingResistant)
  const settings: ProviderSettings = {
    name,
    title: input.title ?? name,
    kind: input.kind ?? 'generic',
    issuer: input.issuer ?? '',
    clientId: input.client_id ?? '',
    clientSecret: input.client_secret,
    privateKey: input.private_key,
    scopes: [...new Set(['openid', ...(input.scopes ?? preset.scopes)])],
    scopesWhereListed: input.scopes === undefined ? preset.whereListed : [],
    ...(await buildReach(check, place, input)),
    claims: {
      groups: buildGroupsClaim(
        check,
        childPlace(place, 'claims', 'groups'),
        input.claims?.groups,
        preset.claims.groups,
      ),
      email: input.claims?.email ?? preset.claims.email,
      name: input.claims?.name ?? preset.claims.name,
      username: input.claims?.username ?? preset.claims.username,
    },
    ...buildGroupSource(check, place, input),
    mfa,
    phishingResistant,
    stepUp: {
      acrValues: input.step_up?.acr_values ?? (mfa.acrAny.length > 0 ? mfa.acrAny : (preset.acrValues ?? [])),
      essential: input.step_up?.essential ?? preset.essential,
      prompt: input.step_up?.prompt ?? preset.prompt,
      maxAge: input.step_up?.max_age,
    },
    external: input.external ?? false,
    domains: buildDomains(check, childPlace(place, 'domains'), input.domains),
    hostedDomains: buildDomains(check, childPlace(place, 'hosted_domain'), input.hosted_domain),
    emailVerified: input.email_verified ?? 'required',
  }
  if (settings.kind === 'adfs' && input.email_verified === undefined) {
    check.warn(
      place,
      'AD FS does not state email_verified, so its addresses do not count: set email_verified: assumed if every address in the directory is the company’s own, else required',
      'key',
    )
  }
  return concealValues(settings, secretKeys)
}

/** OIDC Discovery 1.0 section 2: https, no query, no fragment. Plain http on loopback only. */
function checkIssuer(check: Diagnostics, place: Place, issuer: string): void {
  let url: URL
  try {
    url = new URL(issuer)
  } catch {
    return check.problem(place, 'expected an address such as https://login.example.com')
  }
  if (url.username !== '' || url.password !== '')
    return check.problem(place, 'must not contain a user name or password')
  if (/[?#]/.test(issuer)) return check.problem(place, 'must not contain ? or #')
  const special = specialAddress(url.hostname)
  if (special !== undefined) return check.problem(place, `${url.hostname} is ${special}`)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return
  check.problem(place, 'expected https: (http: is only for localhost, *.localhost and loopback addresses)')
}

function checkSecret(check: Diagnostics, place: Place, input: ProviderInput): void {
  const tree = place.file.tree
  const given = (['client_secret', 'private_key'] as const).filter((key) =>
    tree.existedOriginally([...place.path, key]),
  )
  if (given.length === 0 && input.client_auth !== 'tls')
    check.problem(place, 'client_secret or private_key is missing', 'key')
  if (given.length === 2)
    check.problem(childPlace(place, 'private_key'), 'expected either client_secret or private_key', 'key')
  for (const key of ['client_secret', 'private_key'] as const) {
    const value = input[key]
    if (value === undefined) continue
    check.secret(value)
    if (isLiteral(childPlace(place, key))) {
      check.warn(childPlace(place, key), 'secret in clear text; use env:NAME or file:PATH')
    }
  }
  if (input.private_key === undefined) return
  try {
    createPrivateKey(input.private_key)
  } catch {
    check.problem(childPlace(place, 'private_key'), 'expected a private key in PEM format (for a file write file:PATH)')
  }
}
