// Presets of well-known identity providers: scopes, claims, and the values that prove MFA. YAML can override all of it.
// A preset counts as MFA only what the provider itself defines as MFA. Values whose meaning an administrator assigns
// (Keycloak's levels, Entra's authentication contexts) prove nothing until configured.

import type { GroupsClaim, ProviderSettings } from '../configuration.ts'

export type Preset = Pick<ProviderSettings, 'scopes' | 'claims' | 'mfa' | 'phishingResistant'> & {
  readonly essential: boolean
}

/** The claim is a list of names at each of these; a preset of a provider that sends another shape states it. */
const groups: GroupsClaim = { claim: 'groups', shape: 'list', field: undefined }
const claims = { groups, email: 'email', name: 'name', username: 'preferred_username' }

export const presets: Readonly<Record<ProviderSettings['kind'], Preset>> = {
  // RFC 8176 section 2: `mfa` is multiple-factor authentication; the single methods (`otp`, `hwk`, `fpt` ...) do
  // not prove a second factor. `phr` and `phrh` are defined by OpenID Connect EAP ACR Values 1.0 section 2.
  generic: {
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims,
    mfa: { amrAny: ['mfa'], acrAny: [] },
    phishingResistant: { amrAny: [], acrAny: ['phr', 'phrh'] },
    essential: false,
  },

  // Keycloak Server Administration Guide, "Step-up authentication": `acr` is the level of authentication (LoA) the
  // browser flow reached, a number or the name the realm maps to it; 0 is a long-lived cookie, 1 the first step.
  // The realm's flow defines the meaning of a level, so `mfa: {acr_any: ["2"]}` must be set for each realm.
  // An essential `acr` claim is satisfied or rejected; plain `acr_values` may yield a lower level. `amr` appears only
  // where the mapper is added and each step names its reference. Refresh tokens come without `offline_access`;
  // with it they would outlive the sign-out.
  keycloak: {
    scopes: ['openid', 'profile', 'email'],
    claims,
    mfa: { amrAny: ['mfa'], acrAny: [] },
    phishingResistant: { amrAny: [], acrAny: [] },
    essential: true,
  },

  // Microsoft identity platform, "Optional claims reference" and "ID token claims reference": `amr` exists in v1.0
  // tokens only (there `mfa` is documented); v2.0 tokens have no `acr`. Step-up is the `acrs` claim with an
  // authentication context (c1 ... c99) whose meaning is the tenant's Conditional Access policy, so that
  // `mfa: {acr_any: [c1]}` must be set for each tenant; it is then requested as an essential claim. Groups are object
  // ids; beyond 200 they are withheld and `_claim_names` is set (overage): the sign-in treats them as incomplete.
  entra: {
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims,
    mfa: { amrAny: ['mfa'], acrAny: [] },
    phishingResistant: { amrAny: [], acrAny: [] },
    essential: false,
  },

  // Okta, "Step-up authentication using ACR values": `urn:okta:loa:2fa:any` is any two factors; the variant
  // `...:ifpossible` may be one factor and must not be listed. `phr` and `phrh` demand a phishing-resistant factor.
  // `amr` holds `mfa` when several factors were used. Unmet: error `unmet_authentication_requirements`.
  okta: {
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims,
    mfa: { amrAny: ['mfa'], acrAny: ['urn:okta:loa:2fa:any'] },
    phishingResistant: { amrAny: [], acrAny: ['phr', 'phrh'] },
    essential: false,
  },

  // Google, "Security bundle" (Sign in with Google, June 2026): `auth_time` and `amr` (`pwd`, `mfa`, `hwk`) are
  // returned only to published and verified apps that request them by the `claims` parameter; `mfa` is a completed
  // multi-factor challenge. Without them nothing is proven. No `acr`, no groups, and the scope `offline_access` is
  // refused.
  google: {
    scopes: ['openid', 'profile', 'email'],
    claims: { ...claims, username: 'email' },
    mfa: { amrAny: ['mfa'], acrAny: [] },
    phishingResistant: { amrAny: [], acrAny: [] },
    essential: false,
  },
}
