// What `einlass init` says about each kind of provider: an issuer's form, and where to click. As docs/guides/providers.

import type { ProviderKind } from '../../config/provider-settings.ts'
import type { Language } from './messages/language.ts'

export interface ProviderGuide {
  readonly title: string
  /** An issuer. */
  readonly example: string
  /** Proposed as the client id, where one chooses it. */
  readonly clientId?: string
  /** Names of the fields there; undefined: there is none. */
  readonly redirect: string
  readonly signedOut: string | undefined
  readonly backchannel: string | undefined
  readonly where: Readonly<Record<Language, readonly string[]>>
}

export const guides: Readonly<Record<ProviderKind, ProviderGuide>> = {
  keycloak: {
    title: 'Keycloak',
    example: 'https://login.example.com/realms/staff',
    clientId: 'einlass',
    redirect: 'Valid redirect URIs',
    signedOut: 'Valid post logout redirect URIs',
    backchannel: 'Backchannel logout URL',
    where: {
      en: [
        'Clients > Create client: OpenID Connect, Client authentication on, Standard flow only. Secret: tab Credentials.',
        'Groups: Client scopes > CLIENT-dedicated > Add mapper > Group Membership: name groups, Full group path off, Add to ID token on.',
      ],
      de: [
        'Clients > Create client: OpenID Connect, Client authentication an, nur Standard flow. Secret: Reiter Credentials.',
        'Gruppen: Client scopes > CLIENT-dedicated > Add mapper > Group Membership: Name groups, Full group path aus, Add to ID token an.',
      ],
    },
  },
  entra: {
    title: 'Microsoft Entra ID',
    example: 'https://login.microsoftonline.com/TENANT-ID/v2.0',
    redirect: 'redirect URI, platform Web',
    signedOut: 'redirect URI, platform Web (a second one)',
    backchannel: undefined,
    where: {
      en: [
        'App registrations > New registration: Accounts in this organizational directory only.',
        'Certificates & secrets > New client secret. Token configuration > Add groups claim: Groups assigned to the application.',
        'Token configuration > Add optional claim > ID: email, auth_time, xms_edov.',
      ],
      de: [
        'App registrations > New registration: Accounts in this organizational directory only.',
        'Certificates & secrets > New client secret. Token configuration > Add groups claim: Groups assigned to the application.',
        'Token configuration > Add optional claim > ID: email, auth_time, xms_edov.',
      ],
    },
  },
  okta: {
    title: 'Okta',
    example: 'https://example.okta.com',
    redirect: 'sign-in redirect URI',
    signedOut: 'sign-out redirect URI',
    backchannel: undefined,
    where: {
      en: [
        'Applications > Create App Integration: OIDC, Web Application. Grant types Authorization Code and Refresh Token.',
        'Groups: Sign On > OpenID Connect ID Token > Groups claim filter: groups, Matches regex, .*',
      ],
      de: [
        'Applications > Create App Integration: OIDC, Web Application. Grant types Authorization Code und Refresh Token.',
        'Gruppen: Sign On > OpenID Connect ID Token > Groups claim filter: groups, Matches regex, .*',
      ],
    },
  },
  google: {
    title: 'Google',
    example: 'https://accounts.google.com',
    redirect: 'authorised redirect URI',
    signedOut: undefined,
    backchannel: undefined,
    where: {
      en: [
        'Google Cloud console > APIs & Services > OAuth consent screen: Internal.',
        'Credentials > Create credentials > OAuth client ID: Web application. Google states no groups: rules name people or the domain.',
      ],
      de: [
        'Google Cloud console > APIs & Services > OAuth consent screen: Internal.',
        'Credentials > Create credentials > OAuth client ID: Web application. Google nennt keine Gruppen: Regeln nennen Personen oder die Domain.',
      ],
    },
  },
  auth0: {
    title: 'Auth0',
    example: 'https://example.eu.auth0.com/',
    redirect: 'Allowed Callback URLs',
    signedOut: 'Allowed Logout URLs',
    backchannel: 'Backchannel Logout URI (Enterprise)',
    where: {
      en: [
        'Applications > Create Application: Regular Web Application. Advanced > Grant Types: Authorization Code, Refresh Token.',
        'Groups: an Action at Login / Post Login sets a claim whose name is a URL of yours.',
      ],
      de: [
        'Applications > Create Application: Regular Web Application. Advanced > Grant Types: Authorization Code, Refresh Token.',
        'Gruppen: eine Action bei Login / Post Login setzt einen Claim, dessen Name eine eigene URL ist.',
      ],
    },
  },
  cognito: {
    title: 'Amazon Cognito',
    example: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE',
    redirect: 'allowed callback URL',
    signedOut: 'allowed sign-out URL',
    backchannel: undefined,
    where: {
      en: [
        'User pools > the pool > App clients > Create app client: Traditional web application. Then Login pages: the URLs, scopes openid, email, profile.',
      ],
      de: [
        'User pools > der Pool > App clients > Create app client: Traditional web application. Dann Login pages: die URLs, Scopes openid, email, profile.',
      ],
    },
  },
  gitlab: {
    title: 'GitLab',
    example: 'https://gitlab.example.com',
    redirect: 'Redirect URI',
    signedOut: undefined,
    backchannel: undefined,
    where: {
      en: ['Admin area > Applications > New application: Trusted, Confidential; scopes openid, profile, email.'],
      de: ['Admin area > Applications > New application: Trusted, Confidential; Scopes openid, profile, email.'],
    },
  },
  adfs: {
    title: 'AD FS',
    example: 'https://adfs.example.com/adfs',
    redirect: 'Redirect URI',
    signedOut: undefined,
    backchannel: undefined,
    where: {
      en: [
        'AD FS Management > Application Groups > Add Application Group: Server application accessing a web API. Same identifier for both.',
        'Web API > Client Permissions: openid, profile, email, allatclaims. Issuance Transform Rules: email and group.',
      ],
      de: [
        'AD FS Management > Application Groups > Add Application Group: Server application accessing a web API. Beide mit derselben Kennung.',
        'Web API > Client Permissions: openid, profile, email, allatclaims. Issuance Transform Rules: email und group.',
      ],
    },
  },
  dex: {
    title: 'Dex',
    example: 'https://dex.example.com',
    clientId: 'einlass',
    redirect: 'redirectURIs',
    signedOut: undefined,
    backchannel: undefined,
    where: {
      en: ['In its configuration: an entry of staticClients with id, secretEnv and redirectURIs.'],
      de: ['In seiner Konfiguration: ein Eintrag in staticClients mit id, secretEnv und redirectURIs.'],
    },
  },
  zitadel: {
    title: 'Zitadel',
    example: 'https://example.zitadel.cloud',
    redirect: 'Redirect URI',
    signedOut: 'post logout URI',
    backchannel: 'Back-channel logout URI',
    where: {
      en: [
        'Projects > the project > Applications > New: Web, CODE. Grant types Authorization Code and Refresh Token.',
        'Groups are roles: General > Assert Roles on Authentication; Token Settings > User roles inside ID Token.',
      ],
      de: [
        'Projects > das Projekt > Applications > New: Web, CODE. Grant types Authorization Code und Refresh Token.',
        'Gruppen sind Rollen: General > Assert Roles on Authentication; Token Settings > User roles inside ID Token.',
      ],
    },
  },
  generic: {
    title: 'OpenID Connect',
    example: 'https://login.example.com',
    clientId: 'einlass',
    redirect: 'redirect URI',
    signedOut: 'post-logout redirect URI',
    backchannel: 'back-channel logout URI',
    where: {
      en: [
        'A confidential client (with a secret) for the authorization code flow with PKCE (S256); refresh tokens if they have a switch.',
        'The groups of a person belong into the ID token or UserInfo, as the claim groups.',
      ],
      de: [
        'Ein vertraulicher Client (mit Secret) für den Authorization Code Flow mit PKCE (S256); Refresh-Token, wenn es dafür einen Schalter gibt.',
        'Die Gruppen einer Person gehören in das ID-Token oder UserInfo, als Claim groups.',
      ],
    },
  },
}

/** As offered, the unlisted ones at the end. */
export const kinds: readonly ProviderKind[] = [
  'keycloak',
  'entra',
  'okta',
  'google',
  'auth0',
  'cognito',
  'gitlab',
  'adfs',
  'dex',
  'zitadel',
  'generic',
]
