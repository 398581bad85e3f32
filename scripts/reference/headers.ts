// docs/reference/headers.md: header fields sent to applications, removed from requests and responses, and of our answers.

import { inlineStyle } from '../../src/web/kit/assets.ts'
import { hopByHop, reservedNames, reservedPrefixes } from '../../src/config/header-names/reserved-names.ts'
import { identityNames } from '../../src/config/header-names/identity-names.ts'
import { createHeaderRules } from '../../src/proxy/headers/request-headers.ts'
import { neverForwarded } from '../../src/proxy/headers/response-headers.ts'
import { noHeaders, toRawHeaders } from '../../src/proxy/headers/serialized-headers.ts'
import { assertionClaims } from '../../src/proxy/identity/assertion.ts'
import { identityHeaders, presetNames } from '../../src/proxy/identity/header-presets.ts'
import type { Authentication, Subject } from '../../src/policy/subject.ts'
import { reply, type Requester } from '../../src/web/kit/reply.ts'
import { code, fenced, heading, table } from './markdown.ts'

const subject: Subject = {
  provider: 'company',
  sub: 'f7c2a1',
  email: 'erika@example.com',
  name: 'Erika Muster',
  username: 'erika',
  groups: ['staff', 'finance'],
  groupsComplete: true,
  claims: {},
  external: false,
}
const authentication: Authentication = {
  acr: 'mfa',
  amr: ['pwd', 'otp'],
  authTime: Date.UTC(2026, 10, 30, 7),
  mfa: true,
  phishingResistant: false,
}
const mapping = [
  ['X-WEBAUTH-USER', 'email'],
  ['X-WEBAUTH-GROUPS', 'groups'],
  ['X-Idp', 'provider'],
] as const
const requestId = 'faaa0050-35f2-419b-a1da-b5b37a279c4b'

export function headerReference(): string {
  return [
    heading('Header fields', 'the functions that write and remove them'),
    '## Sent to applications',
    '',
    'With every request, besides the fields of the client that are not removed:',
    '',
    fieldTable(everyRequest()),
    'An application behind several proxies takes the address of the client from `X-Forwarded-For`: it is a single address,',
    '`gateway.trusted_proxies` considered. A `traceparent` of the client is continued when it is valid. `X-Forwarded-Prefix` is',
    'sent where `from` has a path that [`to` removes](../guides/applications/several-on-one-host.md#the-path-of-to).',
    '',
    '### Identity',
    '',
    'With requests of a signed-in user, by the preset `headers.identity` of the app (default `einlass`). The example is Erika',
    'Muster, `sub` f7c2a1, in the groups staff and finance; `TOKEN` is the assertion below. Fields without a value are not',
    'sent. Text beyond ASCII is sent as UTF-8; a group whose name contains a comma is left out, the assertion has it.',
    'Requests to `public` paths carry no identity. Groups, here and in the assertion, are those that `headers.groups` of the',
    'app lets through: by default those its rules name ([Groups](../guides/groups.md#what-an-application-receives)).',
    '',
    ...presetNames.flatMap((preset) => [
      `#### ${preset}`,
      '',
      fieldTable(identityHeaders(preset, subject, subject.groups, 'TOKEN')),
    ]),
    '#### A mapping of your own',
    '',
    '`headers.identity: { X-WEBAUTH-USER: email, X-WEBAUTH-GROUPS: groups, X-Idp: provider }` sends the following, and',
    '`headers.authorization: assertion` the assertion once more, as a bearer token. Attributes and names:',
    '[Headers, credentials, time-outs](../guides/applications/headers.md).',
    '',
    fieldTable([...identityHeaders(mapping, subject, subject.groups, 'TOKEN'), 'Authorization', 'Bearer TOKEN']),
    '### Assertion',
    '',
    '`X-Einlass-Jwt-Assertion` is a JWT (ES256, `typ` JWT) that an application can verify with the keys at',
    '`/.well-known/einlass/jwks.json` of the gateway. `iss` is the origin of the gateway, `aud` the (first) origin of the app, `exp`',
    '5 minutes after `iat` or less. The other claims, those without a value left out:',
    '',
    fenced('json', JSON.stringify(claims(), null, 2)),
    '## Removed from requests',
    '',
    'In any spelling: upper or lower case, and with any other character in place of a hyphen (`x_forwarded.user`), since',
    'applications behind CGI, WSGI, Rack or PHP cannot tell them apart. Also removed: the cookies of Einlass, what the app',
    'has in `headers.identity`, `headers.set` and, with `headers.authorization`, `Authorization`; the fields of',
    'the sources in `devices.sources`, fields named in `Connection`, `TE` except `trailers`, and all trailers.',
    '',
    table(
      ['removed', 'fields'],
      [
        ['of one hop (RFC 9110 section 7.6.1)', ['connection', ...hopByHop].map(code).join(', ')],
        ['by name', reservedNames.map(code).join(', ')],
        ['by prefix', reservedPrefixes.map((prefix) => code(`${prefix}*`)).join(', ')],
      ],
    ),
    '### Identity headers of other products',
    '',
    'Removed by default, in any spelling: an application that was written for another proxy takes their values on trust.',
    '`headers.keep` of an app lets a name pass that its clients need; `einlass check` says who believes it. `headers.remove`',
    'adds names, for products whose admin names the field (F5 BIG-IP APM, NetScaler). Credentials that the application',
    'verifies itself, such as `X-Auth-Token`, are not removed.',
    '',
    table(
      ['set or believed by', 'fields', 'source'],
      identityNames.map(({ product, names, source }) => [
        product,
        names.map(code).join(', '),
        `[documentation](${source})`,
      ]),
    ),
    '## Changed in responses of applications',
    '',
    table(
      ['field', 'what happens'],
      [
        [
          [...neverForwarded, 'connection', 'proxy-*', 'x-einlass-*'].map(code).join(', '),
          'removed, as are fields named in `Connection`',
        ],
        [
          code('Set-Cookie'),
          'removed where it sets a cookie of Einlass; a `Domain` other than the host is removed from it; for an app under a path, `Path` is [confined](../guides/applications/several-on-one-host.md#cookies)',
        ],
        [code('Clear-Site-Data'), '`"cookies"` is removed, `"*"` becomes all others'],
        [
          ['Location', 'Content-Location', 'Refresh', 'Link'].map(code).join(', '),
          'the origin and path of an upstream (`to`), and the host of the app with another scheme or port, are replaced by those of the app (`from`)',
        ],
        [code('Service-Worker-Allowed'), 'below the path of the app; removed where it names `/.einlass/`'],
        [
          code('Strict-Transport-Security'),
          'over https that of `gateway.hsts`, in place of the application’s; `off`: the application’s passes; never over plain http, nor on a 101',
        ],
        [
          code('WWW-Authenticate'),
          'removed with `headers.authorization: assertion` or `basic`; NTLM and Negotiate with `connection_auth: strip`',
        ],
        [
          '`response_headers` of the app',
          'set in place of the application’s, or removed, in early hints and trailers too',
        ],
        [
          'fields that HTTP/2 sends once, sent twice',
          'equal copies become one, of different values the first counts; `Content-Encoding` and `Content-Language` are joined; 502 where `Location`, `Content-Length` or `Content-Range` differ',
        ],
        [code('Cache-Control'), '`private` is added when a user is signed in and the application sets none'],
      ],
    ),
    '## Answers of Einlass itself',
    '',
    'Pages, redirects and problem documents of the gateway have these; `Strict-Transport-Security` (`gateway.hsts`) only with `https:`.',
    '',
    fieldTable(ownHeaders()),
    table(
      ['field', 'when'],
      [
        [
          code('WWW-Authenticate'),
          '401: `Einlass sign_in="URL"`, since no token is taken; for a step-up `Bearer error="insufficient_user_authentication"` (RFC 9470) with `acr_values` and `max_age`',
        ],
        [
          `${code('Access-Control-Allow-Origin')}, ${code('Access-Control-Allow-Credentials')}`,
          'for pages of the other hosts of the app and of `trusted_origins`, with `Vary: Origin`: the origin itself, never `*`',
        ],
        [code('Retry-After'), 'seconds, when the remedy is `try_again`, or `wait` until a known moment'],
        [code('Content-Language'), '`en` or `de`, with `Vary: Accept-Language`'],
        [code('Set-Cookie'), 'session and sign-in cookies: `__Host-`, `HttpOnly`, `Secure`, `SameSite=Lax`'],
      ],
    ),
  ].join('\n')
}

/** Without the random part of `traceparent`. */
function everyRequest(): readonly string[] {
  const rules = createHeaderRules([], (cookie) => cookie)
  const raw = toRawHeaders(
    rules.request([], {
      host: 'wiki.example.com',
      scheme: 'https',
      address: '203.0.113.7',
      requestId,
      identity: noHeaders,
    }),
  )
  return raw.map((text, index) => (raw[index - 1] === 'traceparent' ? '00-TRACE_ID-SPAN_ID-FLAGS' : text))
}

function claims(): unknown {
  const session = { id: 'YEidL4cP8d_nuHldyPc4aQ', version: 1, generation: 1, subject, authentication }
  return assertionClaims(session, subject.groups, 'laptop-17', 'g-7f3a')
}

/** The hash of the style sheet changes with it, and says nothing here. */
function ownHeaders(): readonly string[] {
  const requester: Requester = { id: requestId, scheme: 'https', navigation: true, header: () => undefined }
  return reply(requester, 200, [], '').headers.map((text) => text.replace(inlineStyle.hash, "'sha256-…'"))
}

/** `list`: name, value, ... */
function fieldTable(list: readonly string[]): string {
  const rows: string[][] = []
  for (let at = 0; at < list.length; at += 2) rows.push([code(list[at]!), code(list[at + 1]!)])
  return table(['field', 'value'], rows)
}
