// Presets of well-known identity providers: scopes, claims, and the values that prove MFA. YAML can override all of it.
// A preset counts as MFA only what the provider itself defines as MFA. Values whose meaning an administrator assigns
// (Keycloak's levels, Entra's authentication contexts) prove nothing until configured.

import type { GroupsClaim, ProviderKind, ProviderSettings } from '../provider-settings.ts'

/** `scopes` are requested in any case, `whereListed` only if the metadata lists them (`scopes_supported`). */
export type Preset = Pick<ProviderSettings, 'scopes' | 'claims' | 'mfa' | 'phishingResistant'> & {
  readonly whereListed: readonly string[]
  readonly essential: boolean
  /** What a step-up asks for, where it is not the value that proves it. */
  readonly acrValues?: readonly string[]
  readonly prompt?: string
}

const scopes = ['openid', 'profile', 'email']
/** The claim is a list of names at each of these; a preset of a provider that sends another shape states it. */
const groups: GroupsClaim = { claim: 'groups', shape: 'list', field: undefined }
const claims = { groups, email: 'email', name: 'name', username: 'preferred_username' }
const none = { amrAny: [], acrAny: [] }
/** RFC 8176 section 2. */
const amrMfa = { amrAny: ['mfa'], acrAny: [] }

const base: Preset = {
  scopes,
  // Some providers refuse a request with a scope they do not know (RFC 6749 4.1.2.1), others send groups and refresh
  // tokens only when asked: the metadata decides.
  whereListed: ['offline_access', 'groups'],
  claims,
  mfa: amrMfa,
  phishingResistant: none,
  essential: false,
}

export const presets: Readonly<Record<ProviderKind, Preset>> = {
  // RFC 8176 section 2: `mfa` is multiple-factor authentication; the single methods (`otp`, `hwk`, `fpt` ...) do
  // not prove a second factor. `phr` and `phrh` are defined by OpenID Connect EAP ACR Values 1.0 section 2.
  generic: { ...base, phishingResistant: { amrAny: [], acrAny: ['phr', 'phrh'] } },

  // Keycloak Server Administration Guide, "Step-up authentication": `acr` is the level of authentication (LoA) the
  // browser flow reached, a number or the name the realm maps to it; 0 is a long-lived cookie, 1 the first step.
  // The realm's flow defines the meaning of a level, so `mfa: {acr_any: ["2"]}` must be set for each realm.
  // An essential `acr` claim is satisfied or rejected; plain `acr_values` may yield a lower level. `amr` appears only
  // where the mapper is added and each step names its reference. Refresh tokens come without `offline_access`;
  // with it they would outlive the sign-out. The metadata lists the client scopes of the whole realm, and one that this
  // client does not have is refused: neither is asked for.
  keycloak: { ...base, whereListed: [], essential: true },

  // Microsoft identity platform, "Optional claims reference" and "ID token claims reference": `amr` exists in v1.0
  // tokens only (there `mfa` is documented); v2.0 tokens have no `acr`. Step-up is the `acrs` claim with an
  // authentication context (c1 ... c99) whose meaning is the tenant's Conditional Access policy, so that
  // `mfa: {acr_any: [c1]}` must be set for each tenant; it is then requested as an essential claim. Groups are object
  // ids; beyond 200 they are withheld and `_claim_names` is set (overage): the sign-in treats them as incomplete.
  entra: { ...base, whereListed: ['offline_access'] },

  // Okta, "Step-up authentication using ACR values": `urn:okta:loa:2fa:any` is any two factors; the variant
  // `...:ifpossible` may be one factor and must not be listed. `phr` and `phrh` demand a phishing-resistant factor.
  // `amr` holds `mfa` when several factors were used. Unmet: error `unmet_authentication_requirements`.
  // "Customize tokens returned from Okta with a groups claim": the org server (`https://NAME.okta.com`) sends groups to
  // those who ask for the scope `groups`, which it lists; a custom server (`/oauth2/default`) has no such scope unless
  // one is made, and sends them by a claim of its own.
  okta: {
    ...base,
    mfa: { amrAny: ['mfa'], acrAny: ['urn:okta:loa:2fa:any'] },
    phishingResistant: { amrAny: [], acrAny: ['phr', 'phrh'] },
  },

  // Google, "Security bundle" (Sign in with Google, June 2026): `auth_time` and `amr` (`pwd`, `mfa`, `hwk`) are
  // returned only to published and verified apps that request them by the `claims` parameter; `mfa` is a completed
  // multi-factor challenge. Without them nothing is proven, and there is no `acr` to ask for. No groups, and the scope
  // `offline_access` is refused. "Using OAuth 2.0 for Web Server Applications": `access_type=offline` brings a refresh token
  // at the first consent only, later ones with `prompt=consent` (`authorize.ts`).
  google: { ...base, whereListed: [], claims: { ...claims, username: 'email' } },

  // Auth0, "Configure Step-up Authentication for Web Apps": an Action of the tenant asks for MFA when `acr_values` is the
  // PAPE policy; what proves it is `mfa` in `amr`, absent from ID tokens of refreshes and silent sign-ins, where the
  // session keeps what its sign-in proved. Without such an Action nothing can be asked for. There is no claim for groups:
  // an Action adds one, and `claims: {groups: NAME}` names it.
  auth0: {
    ...base,
    whereListed: ['offline_access'],
    acrValues: ['http://schemas.openid.net/pape/policies/2007/06/multi-factor'],
  },

  // Amazon Cognito Developer Guide. "Authentication levels with ACR and AMR claims" (Essentials and Plus plans): `mfa` in
  // `amr` is a second factor; `acr` is the level reached, whose names each pool may change, so that a step-up needs
  // `step_up: {acr_values: [...]}`. Pools without that capability state no method: MFA cannot be proved there. Scopes are
  // openid, email, phone and profile, others are refused; refresh tokens come without one. "Logout endpoint": `/logout`
  // takes `client_id` and `logout_uri` and ignores the parameters of OpenID Connect (`end-session.ts`).
  cognito: {
    ...base,
    whereListed: [],
    claims: { ...claims, groups: { ...groups, claim: 'cognito:groups' }, username: 'cognito:username' },
  },

  // GitLab, "GitLab as OpenID Connect identity provider": `groups` (UserInfo) are the paths of all groups, inherited ones
  // too; `groups_direct` (ID token) only those the user was added to. Neither `amr` nor `acr`, even for users with two-factor
  // authentication: MFA cannot be proved. Unknown scopes are refused; refresh tokens come without one.
  gitlab: { ...base, whereListed: [], mfa: none },

  // AD FS, "AD FS OpenID Connect/OAuth concepts" and "Get-AdfsAdditionalAuthenticationRule": the authentication methods are
  // in `amr`, `multipleauthn` among them after additional authentication. [MS-OAPX] 2.2.2.10: `amr_values=ngcmfa` asks for it
  // (`authorize.ts`). No `acr`, no `email_verified` (`email_verified: assumed` if the directory's addresses are the
  // company's own). `group`, `email` and other claims come by issuance rules of the application group; in ID tokens they
  // need the scope `allatclaims`, which is asked for by `scopes` once it is permitted.
  adfs: {
    ...base,
    whereListed: [],
    claims: { groups: { ...groups, claim: 'group' }, email: 'email', name: 'unique_name', username: 'upn' },
    mfa: { amrAny: ['http://schemas.microsoft.com/claims/multipleauthn'], acrAny: [] },
  },

  // Dex, "Custom scopes, claims and client features": groups and refresh tokens for those who ask, as far as the connector
  // has them. Neither `amr` nor `acr`: MFA cannot be proved.
  dex: { ...base, mfa: none },

  // Zitadel, "Claims" and "Scopes": `amr` and `auth_time` are in ID tokens, `mfa` after a second factor; no `acr` value asks for
  // one, so that a step-up signs in again (`prompt=login`). The roles of the client's project are the keys of an object,
  // asserted where the project says so ("Assert roles on authentication").
  zitadel: {
    ...base,
    whereListed: ['offline_access'],
    claims: { ...claims, groups: { ...groups, claim: 'urn:zitadel:iam:org:project:roles', shape: 'keys' } },
    prompt: 'login',
  },
}
