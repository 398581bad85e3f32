// Schema of `identity.guests`: people without a provider, who sign in by a one-time code sent by mail.

import { z } from 'zod'
import { domain, oneOrMore } from './values.ts'

export const guests = z
  .strictObject({
    mail: z
      .boolean()
      .optional()
      .describe(
        'Codes are sent by the first `audit.sinks` entry of `kind: mail`. `false`: nobody can sign in, and sessions of guests end; their grants stay.',
      ),
    domains: oneOrMore(domain)
      .optional()
      .describe(
        'Domains to which codes are sent. Addresses of these domains count only from guests, and no other provider may list them.',
      )
      .meta({ 'x-prose': 'any, except `domains` of a provider' }),
    external: z
      .boolean()
      .optional()
      .describe('Guests are external: they always need a grant, with a sponsor and for at most 90 days.')
      .meta({ 'x-default': true }),
  })
  .meta({ required: ['mail'] })
  .describe(
    'People without an account at any provider: they sign in with a one-time code sent to their address, as long as they hold a grant or have asked for access. Their provider is called `guests`. See [Guests](../guides/guests.md).',
  )
