// Schema of the header fields that an app receives, and of those in its responses.

import { z } from 'zod'
import { oneOrMore, text } from './values.ts'

const headerName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'expected the name of a header field, such as X-Device-Id')

const attribute = z
  .string()
  .max(256)
  .regex(
    /^(sub|email|name|preferred_username|groups|provider|assertion|claims\..+)$/,
    'expected sub, email, name, preferred_username, groups, provider, assertion or claims.NAME',
  )

/** Of requests and of responses. */
const fieldValues = z.record(headerName, text)

const headers = z
  .strictObject({
    identity: z
      .union(
        [
          z.enum(['einlass', 'oauth2-proxy', 'authelia', 'pomerium', 'cloudflare', 'iap', 'none']),
          z.record(headerName, attribute),
        ],
        { error: 'expected einlass, oauth2-proxy, authelia, pomerium, cloudflare, iap, none or a mapping' },
      )
      .optional()
      .describe(
        'Identity headers: a preset ([list](headers.md#identity)), or a mapping of your own from field names to `sub`, `email`, `name`, `preferred_username`, `groups`, `provider`, `assertion` or `claims.NAME`.',
      )
      .meta({
        'x-default': 'einlass',
        'x-examples': ['authelia', { 'X-WEBAUTH-USER': 'email', 'X-WEBAUTH-GROUPS': 'groups' }],
      }),
    groups: z
      .union([z.enum(['used', 'all', 'none']), z.array(text).min(1, 'expected at least one name')], {
        error: 'expected used, all, none or a list of group names',
      })
      .optional()
      .describe(
        "Groups of the user in the identity headers and the assertion. `used`: those that this app's rules name, also by roles; `all`, `none`, or a list of names. See [Groups](../guides/groups.md#what-an-application-receives).",
      )
      .meta({ 'x-default': 'used', 'x-examples': ['all', ['staff', 'editors']] }),
    authorization: z
      .union(
        [
          z.enum(['none', 'assertion']),
          z.strictObject({
            basic: z
              .strictObject({
                user: text.optional().describe('User name of the service account.'),
                password: text
                  .optional()
                  .describe('Its password.')
                  .meta({ 'x-examples': ['env:ERP_PASSWORD'] }),
              })
              .meta({ required: ['user', 'password'] })
              .optional()
              .describe('A service account of the app (RFC 7617), the same for all users and on `public` paths.'),
          }),
        ],
        { error: 'expected none, assertion or a mapping with basic' },
      )
      .optional()
      .describe(
        "`Authorization` of requests. `none`: the client's passes. `assertion`: the signed assertion as a bearer token; `basic`: a service account; both in place of the client's, which is removed.",
      )
      .meta({ 'x-default': 'none', 'x-examples': ['assertion'] }),
    set: fieldValues
      .optional()
      .describe(
        "Header fields of every request, also on `public` paths and of health checks. The client's of these names are removed.",
      )
      .meta({ 'x-examples': [{ 'X-Api-Key': 'env:ERP_KEY' }] }),
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
  .describe('Headers sent to the app.')

export type HeadersInput = z.output<typeof headers>

const responseHeaders = z
  .strictObject({
    set: fieldValues
      .optional()
      .describe("Header fields of every response, in place of the app's.")
      .meta({ 'x-examples': [{ 'X-Frame-Options': 'SAMEORIGIN' }] }),
    remove: oneOrMore(headerName)
      .optional()
      .describe('Header fields to remove from responses, in any spelling.')
      .meta({ 'x-examples': [['Server', 'X-Powered-By']] }),
  })
  .describe('Headers of the responses of the app. Those of Einlass itself stay as they are.')

export type ResponseHeadersInput = z.output<typeof responseHeaders>

export const headersShape = { headers: headers.optional(), response_headers: responseHeaders.optional() }
