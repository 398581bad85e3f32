// Schema of the header fields that an app receives.

import { z } from 'zod'
import { oneOrMore, text } from './values.ts'

const headerName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'expected the name of a header field, such as X-Device-Id')

export const headersShape = {
  headers: z
    .strictObject({
      identity: z
        .enum(['einlass', 'oauth2-proxy', 'authelia', 'pomerium', 'cloudflare', 'iap', 'none'])
        .optional()
        .describe('Preset of identity headers.')
        .meta({ 'x-default': 'einlass' }),
      groups: z
        .union([z.enum(['used', 'all', 'none']), z.array(text).min(1, 'expected at least one name')], {
          error: 'expected used, all, none or a list of group names',
        })
        .optional()
        .describe(
          "Groups of the user in the identity headers and the assertion. `used`: those that this app's rules name, also by roles; `all`, `none`, or a list of names. See [Groups](../guides/groups.md#what-an-application-receives).",
        )
        .meta({ 'x-default': 'used', 'x-examples': ['all', ['staff', 'editors']] }),
      remove: oneOrMore(headerName)
        .optional()
        .describe('Further header fields to remove from requests, in any spelling.')
        .meta({ 'x-examples': [['X-Internal-User']] }),
      keep: oneOrMore(headerName)
        .optional()
        .describe(
          'Identity headers of other products that are removed by default ([list](headers.md#identity-headers-of-other-products)) and that this app needs from its clients, who can then state anything in them.',
        )
        .meta({ 'x-examples': [['X-Device-Id']] }),
    })
    .optional()
    .describe('Headers sent to the app.'),
}
