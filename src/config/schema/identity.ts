// Schema of `identity`: OpenID Connect providers, linked accounts, external users.

import { z } from 'zod'
import { guests } from './guests.ts'
import { person } from './person.ts'
import { domain, duration, filePath, name, oneOrMore, text } from './values.ts'

const proof = z.strictObject({
  amr_any: oneOrMore(text).optional().describe('Proved by any of these values in the `amr` claim.'),
  acr_any: oneOrMore(text).optional().describe('Proved by any of these values of the `acr` claim.'),
})

const endpoint = (what: string) => text.optional().describe(what)

const groupsClaim = z.strictObject({
  claim: text.optional().describe('Name of the claim.').meta({ 'x-prose': 'by `kind`' }),
  shape: z
    .enum(['list', 'keys', 'csv', 'path'])
    .optional()
    .describe(
      '`list`: of names. `keys`: the keys of an object. `csv`: one text with commas. `path`: names such as `/staff/admins`, whose leading slash is removed.',
    )
    .meta({ 'x-default': 'list' }),
  field: text
    .optional()
    .describe('The members of the list are objects, and this member of each is the name.')
    .meta({ 'x-examples': ['name'] }),
})

const providerShape = {
  issuer: text
    .optional()
    .describe('Issuer identifier as in the ID tokens. `https:`, or `http:` on loopback.')
    .meta({ 'x-examples': ['https://login.example.com/realms/staff'] }),
  client_id: text.optional().describe('Client identifier at the provider.'),
  client_secret: text
    .optional()
    .describe('Client secret; a secret reference.')
    .meta({ 'x-examples': ['env:OIDC_CLIENT_SECRET'] }),
  private_key: text
    .optional()
    .describe('PEM private key for `private_key_jwt`, instead of `client_secret`; a secret reference.')
    .meta({ 'x-examples': ['file:client.pem'] }),
  client_cert: filePath
    .optional()
    .describe('PEM file: client certificate for `client_auth: tls`, shown to the provider on every connection.'),
  client_key: filePath.optional().describe('PEM file: private key of `client_cert`.'),
  client_auth: z
    .enum(['basic', 'post', 'private_key_jwt', 'tls'])
    .optional()
    .describe(
      'How the gateway authenticates at the token endpoint: the secret in the header or in the form, a signed assertion, or the client certificate (RFC 8705).',
    )
    .meta({ 'x-prose': 'by what is configured and what the provider offers' }),
  ca: filePath
    .optional()
    .describe(
      'PEM file: certificate authorities that the provider’s certificate may come from, besides the public ones.',
    ),
  proxy: text
    .optional()
    .describe(
      'Outbound HTTP proxy for this provider, with credentials as a secret reference; `none`: reached directly. TLS is tunnelled (CONNECT).',
    )
    .meta({
      'x-examples': ['http://proxy.example.com:3128', 'env:PROXY_URL'],
      'x-prose': '`HTTPS_PROXY` and `NO_PROXY` of the environment',
    }),
  endpoints: z
    .strictObject({
      discovery: endpoint('The metadata document.'),
      token: endpoint('Token endpoint.'),
      jwks: endpoint('Signing keys.'),
      userinfo: endpoint('UserInfo endpoint.'),
      authorization: endpoint('Where browsers sign in; `https:`.'),
      end_session: endpoint('Where browsers sign out; `https:`.'),
    })
    .optional()
    .describe(
      'Addresses in place of those in the provider’s metadata. Those the gateway asks itself may be `http:` where the host has a private address.',
    ),
  authorization_params: z
    .record(text, text)
    .optional()
    .describe('Parameters added to each authorization request. Those of the protocol itself cannot be set.')
    .meta({ 'x-examples': [{ domain_hint: 'example.com' }] }),
  kind: z
    .enum(['generic', 'keycloak', 'entra', 'okta', 'google', 'auth0', 'cognito', 'gitlab', 'adfs', 'dex', 'zitadel'])
    .optional()
    .describe('Preset of `scopes`, `claims`, `mfa`, `phishing_resistant` and `step_up`.')
    .meta({ 'x-default': 'generic' }),
  title: text.optional().describe('Name shown where users choose a provider.').meta({ 'x-prose': 'the name' }),
  scopes: oneOrMore(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'not a scope'))
    .optional()
    .describe('Requested scopes; `openid` is always included.')
    .meta({ 'x-prose': 'by `kind`, and by what the provider lists' }),
  claims: z
    .strictObject({
      groups: z
        .union([text, groupsClaim], { error: 'expected the name of a claim, or a mapping with claim, shape and field' })
        .optional()
        .describe(
          'Claim with the groups; a dot selects a nested member. A name alone: a list of names. See [Groups](../guides/groups.md#shapes).',
        )
        .meta({
          'x-default': 'groups',
          'x-examples': ['realm_access.roles', { claim: 'urn:zitadel:iam:org:project:roles', shape: 'keys' }],
        }),
      email: text.optional().describe('Claim with the e-mail address.').meta({ 'x-default': 'email' }),
      name: text.optional().describe('Claim with the full name.').meta({ 'x-default': 'name' }),
      username: text.optional().describe('Claim with the short name.').meta({ 'x-default': 'preferred_username' }),
    })
    .optional()
    .describe('Names of the ID token claims.'),
  groups_from: z
    .enum(['token', 'userinfo', 'graph', 'google_directory'])
    .optional()
    .describe(
      'Where groups are read. `token`: the ID token, and UserInfo where that lacks them. `userinfo`: UserInfo alone. `graph`: Microsoft Graph where an Entra token leaves them out (beyond 200). `google_directory`: the directory of Google Workspace. See [Groups](../guides/groups.md#beyond-the-token).',
    )
    .meta({ 'x-default': 'token' }),
  google_directory: z
    .strictObject({
      service_account: text
        .optional()
        .describe('JSON key file of the service account; a secret reference.')
        .meta({ 'x-examples': ['file:google-directory.json'] }),
      admin: text
        .optional()
        .describe('E-mail address of the administrator in whose name the directory is read (domain-wide delegation).')
        .meta({ 'x-examples': ['groups-reader@example.com'] }),
    })
    .meta({ required: ['service_account', 'admin'] })
    .optional()
    .describe('`groups_from: google_directory`: access to the Directory API of the Admin SDK.'),
  mfa: proof
    .optional()
    .describe('Claim values that prove multi-factor authentication. Without these claims it is not proved.')
    .meta({ 'x-prose': 'by `kind`' }),
  phishing_resistant: proof
    .optional()
    .describe('Claim values that prove a phishing-resistant factor.')
    .meta({ 'x-prose': 'by `kind`' }),
  step_up: z
    .strictObject({
      acr_values: oneOrMore(text)
        .optional()
        .describe('Requested `acr` values, preferred first.')
        .meta({ 'x-prose': '`mfa.acr_any`' }),
      essential: z
        .boolean()
        .optional()
        .describe('Request `acr` as an essential claim, which the provider must satisfy or reject.')
        .meta({ 'x-prose': 'by `kind`' }),
      prompt: z.enum(['login', 'consent', 'select_account']).optional().describe('`prompt` parameter of the request.'),
      max_age: duration.optional().describe('`max_age` parameter of the request, unless the rule sets one.'),
    })
    .optional()
    .describe('Step-up authentication request. The returned claims are verified.'),
  external: z
    .boolean()
    .optional()
    .describe('Users of this provider are external: they always need a grant, with a sponsor and for at most 90 days.')
    .meta({ 'x-default': false }),
  domains: oneOrMore(domain)
    .optional()
    .describe(
      'E-mail domains whose users sign in at this provider. Addresses of these domains count only from this provider.',
    ),
  hosted_domain: oneOrMore(domain)
    .optional()
    .describe(
      '`kind: google`: organisations whose accounts may sign in (claim `hd`). Without it every Google account may, and rules that rest on the provider alone are errors.',
    ),
  email_verified: z
    .enum(['required', 'assumed'])
    .optional()
    .describe(
      'Whether an e-mail address counts only when the provider states that it is verified: `email_verified`, for Entra `xms_edov` or a member’s user principal name, for Google also `hd` or a Gmail address. `assumed`: the operator of the provider verifies each address.',
    )
    .meta({ 'x-default': 'required' }),
}

export const provider = z
  .strictObject(providerShape)
  .meta({ required: ['issuer', 'client_id'] })
  .describe('One OpenID Connect provider.')

export const identity = z
  .strictObject({
    providers: z.record(name, provider).optional().describe('Providers by name.'),
    linked: z
      .array(z.array(text).min(2, 'expected at least two accounts'))
      .optional()
      .describe(
        'Accounts of the same person at different providers, each `provider|sub` or `provider|mailto:ADDRESS`. A request made with one of them cannot be approved with another.',
      )
      .meta({ 'x-examples': [[['company|mailto:kim@example.com', 'partners|4711']]] }),
    external_people: z
      .array(person('E-mail address at that provider.'))
      .optional()
      .describe(
        'External users with an account at an internal provider: they always need a grant, as if their provider were `external`. An address alone matches that address at any provider.',
      )
      .meta({ 'x-examples': [['kim@partner.example', { provider: 'company', sub: '4711' }]] }),
    guests: guests.optional(),
    ...providerShape,
  })
  .describe('Sign-in. A single provider may be written directly here; its name is then `default`.')
