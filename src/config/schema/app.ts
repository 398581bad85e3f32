// Schema of `apps`: one application, its session limits and its headers.

import { z } from 'zod'
import { conditions, rule } from './conditions.ts'
import { emergency, requests } from './requests.ts'
import { duration, filePath, later, oneOrMore, text } from './values.ts'

const headerName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'expected the name of a header field, such as X-Device-Id')
export const sessionShape = {
  idle: duration.optional().describe('Idle timeout of a session.').meta({ 'x-default': '1h' }),
  lifetime: duration
    .optional()
    .describe('Maximum lifetime of a session, regardless of activity.')
    .meta({ 'x-default': '10h' }),
  revalidate: duration
    .optional()
    .describe('Interval at which a session is revalidated at the provider.')
    .meta({ 'x-default': '5m' }),
  grace: duration
    .optional()
    .describe('How long a session stays valid while the provider or the store is unreachable.')
    .meta({ 'x-default': '0s' }),
  lease: duration
    .optional()
    .describe('Maximum lifetime of one cached decision; at most 5m.')
    .meta({ 'x-default': '60s' }),
  keep_storage: z
    .boolean()
    .optional()
    .describe(
      'Keep what the app stored in the browser (local storage, databases, service workers) after sign-out. Otherwise `Clear-Site-Data: "cache", "storage"` removes it.',
    )
    .meta({ 'x-default': false }),
}

const url = text.describe('Origin: scheme, host and port.')

export const appRequired = ['from', 'to', 'policy']

export const app = z
  .strictObject({
    from: url
      .optional()
      .describe('Public origin of the app. Each app has its own host.')
      .meta({ 'x-examples': ['https://erp.example.com'] }),
    to: oneOrMore(url)
      .optional()
      .describe('Upstream origin; a list is load-balanced. Without path, query and credentials.')
      .meta({ 'x-examples': ['https://10.20.0.5:8443', ['http://10.20.0.7:3000', 'http://10.20.0.8:3000']] }),
    title: text.optional().describe('Display name.').meta({ 'x-prose': 'the name' }),
    owner: text
      .optional()
      .describe('Contact; shown when access is denied.')
      .meta({ 'x-examples': ['it@example.com'] }),
    sensitivity: z
      .enum(['low', 'medium', 'high', 'critical'])
      .optional()
      .describe('Impact of unauthorised access; part of each audit event.')
      .meta({ 'x-default': 'medium' }),
    mode: z
      .enum(['enforce', 'monitor', 'observe'])
      .optional()
      .describe('`monitor` or `observe`: evaluate and record decisions, never block.')
      .meta({ 'x-default': 'enforce' }),
    require: conditions.optional().describe('Conditions every allow rule of this app requires in addition to its own.'),
    policy: z
      .array(rule)
      .optional()
      .describe(
        'Access rules. A matching deny wins; otherwise the first allow that is met; otherwise access is denied.',
      ),
    requests: requests.optional(),
    emergency: emergency.optional(),
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
    public: z
      .array(
        z
          .strictObject({
            paths: conditions.shape.paths.describe('Exact paths, or prefixes with a trailing `*`.'),
            methods: conditions.shape.methods.describe('HTTP methods.').meta({ 'x-prose': '`GET` and `HEAD`' }),
          })
          .meta({ required: ['paths'] }),
      )
      .optional()
      .describe('Paths that need no sign-in. All other checks of the request still apply.')
      .meta({ 'x-examples': [[{ paths: ['/webhooks/*'], methods: ['POST'] }]] }),
    session: z.strictObject(sessionShape).optional().describe('Overrides of `session` for this app.'),
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
    allow_encoded_slash: z
      .boolean()
      .optional()
      .describe('Accept `%2F` in paths, for apps that need it. It can hide path separators from rules.')
      .meta({ 'x-default': false }),
    allow_special_addresses: z
      .boolean()
      .optional()
      .describe(
        'Accept upstreams at link-local, cloud metadata, unspecified, multicast and broadcast addresses, at listeners of Einlass, and at `from` of an app. Otherwise refused, also when a name of `to` resolves to one.',
      )
      .meta({ 'x-default': false }),
    trusted_origins: oneOrMore(url)
      .optional()
      .describe(
        "Origins besides the app's own whose pages may send writes (all methods but GET, HEAD and OPTIONS), WebSocket handshakes and CORS preflights. Requests from other pages are refused (403, `origin_not_allowed`).",
      )
      .meta({ 'x-examples': [['https://app.example.com']] }),
    websocket_origins: oneOrMore(text)
      .optional()
      .describe(
        'Further origins allowed to open WebSockets. `none` admits handshakes without `Origin`, as clients send them that are no browsers.',
      )
      .meta({ 'x-examples': [['https://board.example.com', 'none']] }),
    cross_site_posts: later('paths that accept form posts from other sites, such as SAML responses.'),
    embeds: later('apps that may show this app in a frame.'),
    frame_ancestors: later('origins whose pages may show this app in a frame.'),
    connection_auth: z
      .enum(['pinned', 'strip'])
      .optional()
      .describe(
        'Sign-in of the app by NTLM or Negotiate, which authenticates a connection. `pinned`: on an upstream connection of its own for each session and client. `strip`: removed from requests and responses, so that the app falls back to another sign-in.',
      )
      .meta({ 'x-default': 'pinned' }),
  })
  .meta({ required: appRequired })
  .describe('One app.')

export type AppInput = z.output<typeof app>
