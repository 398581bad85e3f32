// Schema of `gateway.acme`: certificates that the gateway orders itself from a certificate authority (RFC 8555).

import { z } from 'zod'
import { filePath, text } from './values.ts'

const challenge = z.enum(['tls-alpn-01', 'http-01'])

export const acme = z
  .strictObject({
    email: z
      .string()
      .regex(/^[^\s@<>,;:]+@[^\s@<>,;:]+$/, 'expected a mail address')
      .max(254, 'is too long')
      .optional()
      .describe('Mail address of the account, for the authority to write to.')
      .meta({ 'x-examples': ['it@example.com'] }),
    terms_of_service: z
      .literal('agreed', { error: 'expected agreed: read the terms of the authority first' })
      .optional()
      .describe('`agreed`: you have read the terms of service of the authority and agree to them.'),
    directory: text
      .optional()
      .describe('URL of the authority’s directory (RFC 8555 7.1.1).')
      .meta({
        'x-default': 'https://acme-v02.api.letsencrypt.org/directory',
        'x-examples': [
          'https://acme-staging-v02.api.letsencrypt.org/directory',
          'https://ca.internal:9000/acme/directory',
        ],
      }),
    eab: z
      .strictObject({
        kid: text.optional().describe('Key id that the authority gave you.'),
        hmac: text
          .optional()
          .describe('Its key, base64url as the authority shows it.')
          .meta({ 'x-examples': ['env:ACME_HMAC', 'file:acme-hmac.key'] }),
      })
      .meta({ required: ['kid', 'hmac'] })
      .optional()
      .describe(
        'External account binding (RFC 8555 7.3.4): joins the account to yours at an authority that asks for it.',
      ),
    ca: filePath
      .optional()
      .describe('PEM file with the authority that signed the certificate of `directory`, for a private one.'),
    challenges: z
      .union([challenge, z.array(challenge).min(1)], { error: 'expected tls-alpn-01, http-01, or a list of them' })
      .transform((value) => (Array.isArray(value) ? value : [value]))
      .optional()
      .describe(
        'How the authority checks each host, in order of preference: `tls-alpn-01` (RFC 8737) reaches a listener with TLS through port 443, `http-01` a listener of `gateway.http` through port 80. To be written where something else leads these ports to others.',
      )
      .meta({
        'x-prose': '`tls-alpn-01` with a listener on port 443, `http-01` with one of `gateway.http` on port 80',
        'x-examples': ['tls-alpn-01', ['http-01']],
      }),
  })
  .meta({ required: ['terms_of_service'] })
  .describe(
    'Orders and renews a certificate for the gateway and each `from` that no file of `tls` covers. Needs no `tls`.',
  )
