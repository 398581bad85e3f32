// Schema of a user reference in `grants` and `identity.external_people`.

import { z } from 'zod'
import { name, text } from './values.ts'

/** `address`: description of the key `email`. */
export const person = (address: string) =>
  z.union(
    [
      text,
      z.strictObject({
        provider: name.optional().describe('Name under `identity.providers`.').meta({ 'x-prose': 'the only provider' }),
        sub: text.optional().describe('Subject identifier at that provider.'),
        email: text.optional().describe(address),
      }),
    ],
    { error: 'expected an e-mail address, or a mapping with provider and sub or email' },
  )

export type PersonInput = z.output<ReturnType<typeof person>>
