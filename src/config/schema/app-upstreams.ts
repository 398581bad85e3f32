// Schema of the public address of an app, and of its upstreams and the connections to them.

import { z } from 'zod'
import { duration, filePath, oneOrMore, text } from './values.ts'

const url = text.describe('Origin: scheme, host and port.')
const upstream = text.describe('Origin of an upstream, or `unix:` and the path of a socket.')

export const addressShape = {
  from: oneOrMore(url)
    .optional()
    .describe(
      'Public address of the app: an origin, also with a path, so that apps share a host. A list: several hosts of one app, at most 8, of which the first is shown ([details](../guides/applications/several-hosts.md)).',
    )
    .meta({
      'x-examples': [
        'https://erp.example.com',
        'https://intranet.example.com/wiki',
        ['https://erp.example.com', 'https://api.erp.example.com'],
      ],
    }),
  to: oneOrMore(upstream)
    .optional()
    .describe(
      'Upstream: `http://`, `https://`, `h2c://` (HTTP/2 without TLS) with host and port, or `unix:` with the path of a socket; a list is load-balanced. gRPC needs `https://` or `h2c://`. Without query and credentials. A path takes the place of the path of `from` in requests, and is mapped back in responses; `http://10.20.0.7/` removes it. Without any, paths stay the same ([Several applications on one host](../guides/applications/several-on-one-host.md)).',
    )
    .meta({
      'x-examples': [
        'https://10.20.0.5:8443',
        ['http://10.20.0.7:3000', 'http://10.20.0.8:3000'],
        'http://10.20.0.7:8080/doku',
        'unix:/run/app.sock',
        'h2c://10.20.0.9:50051',
      ],
    }),
  cookie_path: z
    .enum(['app', 'host'])
    .optional()
    .describe(
      'Where `from` has a path: `app` confines the cookies of the app to it; `host` lets it set cookies that the other apps of the host receive, and can be overwritten by them.',
    )
    .meta({ 'x-default': 'app' }),
}

/** How requests are forwarded. */
export const forwardingShape = {
  upstream_tls: z
    .strictObject({
      ca: filePath.optional().describe('PEM file: trusted certificate authorities, in place of the public ones.'),
      cert: filePath.optional().describe('PEM file: client certificate presented to the app.'),
      key: filePath.optional().describe('PEM file: its private key.'),
      server_name: text
        .optional()
        .describe('Name that the certificate of the app must contain.')
        .meta({ 'x-prose': 'host of `to`' }),
    })
    .optional()
    .describe('TLS of connections to the app.'),
  health_check: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/[^#\s]*$/, 'expected a path such as /health')
        .optional()
        .describe('Requested with GET; 2xx and 3xx mean healthy.'),
      interval: duration.optional().describe('Interval between checks.').meta({ 'x-default': '10s' }),
    })
    .meta({ required: ['path'] })
    .optional()
    .describe('Active health check of the upstreams.'),
  paths: z
    .enum(['canonical', 'verbatim'])
    .optional()
    .describe(
      'Spellings of a path that servers read differently, such as `%2F`, `;` and `//`. `canonical`: refused (400) where a rule or `public` could match another reading; elsewhere they pass. `verbatim`: they pass everywhere, and paths are forwarded as received; an error where a rule could then be evaded.',
    )
    .meta({ 'x-default': 'canonical' }),
  allow_special_addresses: z
    .boolean()
    .optional()
    .describe(
      'Accept upstreams at link-local, cloud metadata, unspecified, multicast and broadcast addresses, at listeners of Einlass, and at `from` of an app. Otherwise refused, also when a name of `to` resolves to one.',
    )
    .meta({ 'x-default': false }),
  connection_auth: z
    .enum(['pinned', 'strip'])
    .optional()
    .describe(
      'Sign-in of the app by NTLM or Negotiate, which authenticates a connection. `pinned`: on an upstream connection of its own for each session and client. `strip`: removed from requests and responses, so that the app falls back to another sign-in.',
    )
    .meta({ 'x-default': 'pinned' }),
}
