// `identity`: the providers people sign in at.

import { z } from 'zod'
import { person } from './person.ts'
import { duration, name, oneOrMore, text } from './values.ts'

const proof = z.strictObject({
  amr_any: oneOrMore(text).optional().describe('One of these in the `amr` claim proves it.'),
  acr_any: oneOrMore(text).optional().describe('One of these as the `acr` claim proves it.'),
})

const providerShape = {
  issuer: text
    .optional()
    .describe('As in the ID tokens. `https:`, or `http:` on loopback.')
    .meta({ 'x-examples': ['https://login.example.com/realms/staff'] }),
  client_id: text.optional().describe('Our name at the provider.'),
  client_secret: text
    .optional()
    .describe('Secret reference.')
    .meta({ 'x-examples': ['env:OIDC_CLIENT_SECRET'] }),
  private_key: text
    .optional()
    .describe('PEM private key for `private_key_jwt`, instead of `client_secret`; a secret reference.')
    .meta({ 'x-examples': ['file:client.pem'] }),
  kind: z
    .enum(['generic', 'keycloak', 'entra', 'okta', 'google'])
    .optional()
    .describe('Defaults for `scopes`, `claims`, `mfa`, `phishing_resistant` and `step_up`.')
    .meta({ 'x-default': 'generic' }),
  title: text.optional().describe('Shown where people choose how to sign in.').meta({ 'x-prose': 'the name' }),
  scopes: oneOrMore(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'not a scope'))
    .optional()
    .describe('Scopes asked for; `openid` is always among them.')
    .meta({ 'x-prose': 'by `kind`' }),
  claims: z
    .strictObject({
      groups: text
        .optional()
        .describe('Claim with the groups; a dot descends into objects.')
        .meta({ 'x-default': 'groups', 'x-examples': ['realm_access.roles'] }),
      email: text.optional().describe('Claim with the e-mail address.').meta({ 'x-default': 'email' }),
      name: text.optional().describe('Claim with the full name.').meta({ 'x-default': 'name' }),
      username: text.optional().describe('Claim with the short name.').meta({ 'x-default': 'preferred_username' }),
    })
    .optional()
    .describe('Where in the ID token things are.'),
  mfa: proof
    .optional()
    .describe('What proves more than one factor. Absent claims prove nothing.')
    .meta({ 'x-prose': 'by `kind`' }),
  phishing_resistant: proof
    .optional()
    .describe('What proves a phishing-resistant factor.')
    .meta({ 'x-prose': 'by `kind`' }),
  step_up: z
    .strictObject({
      acr_values: oneOrMore(text)
        .optional()
        .describe('What to ask for, best first.')
        .meta({ 'x-prose': '`mfa.acr_any`' }),
      essential: z
        .boolean()
        .optional()
        .describe('Ask by an essential `acr` claim, which a provider must honour or refuse.')
        .meta({ 'x-prose': 'by `kind`' }),
      prompt: z.enum(['login', 'consent', 'select_account']).optional().describe('`prompt` sent along.'),
      max_age: duration.optional().describe('`max_age` sent along, where the rule has none.'),
    })
    .optional()
    .describe('How the provider is asked for stronger authentication. What comes back is checked.'),
  external: z
    .boolean()
    .optional()
    .describe('People of another organisation: they get in by grant only, with a sponsor and for 90 days at most.')
    .meta({ 'x-default': false }),
  domains: oneOrMore(
    z.string().regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/, 'expected a domain such as example.com'),
  )
    .optional()
    .describe('E-mail domains whose people are sent to this provider.'),
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
        'Accounts of one and the same person at different providers, each `provider|sub` or `provider|mailto:ADDRESS`. What somebody asked for with one of them they cannot approve with another.',
      )
      .meta({ 'x-examples': [[['company|mailto:kim@example.com', 'partners|4711']]] }),
    external_people: z
      .array(person('E-mail address at that provider.'))
      .optional()
      .describe(
        'People of another organisation who have an account at a provider of our own: they get in by grant only, as if their provider were `external`. An address alone means whoever has it, at any provider.',
      )
      .meta({ 'x-examples': [['kim@partner.example', { provider: 'company', sub: '4711' }]] }),
    ...providerShape,
  })
  .describe('Where people sign in. One provider may be written directly here; its name is `default` then.')
