// Fuzz target canonicalization: every request has one canonical form or is rejected, and nothing throws.

import { Readable } from 'node:stream'
import fc from 'fast-check'
import { canonicalize, canonicalHost, canonicalRules } from '../../../src/gateway/canonical/canonical-request.ts'
import type { Exchange, Received } from '../../../src/http/exchange.ts'
import { cidrMatcher } from '../../../src/gateway/ip-networks.ts'
import { mutate, salt } from '../mutate.ts'
import { must, opened, type FuzzTarget } from '../target.ts'
import { checkTarget } from './request-target.ts'

const rules = canonicalRules({ headerCount: 40, headerBytes: 4_096, proxies: cidrMatcher(['10.0.0.0/8']) })

const names = [
  'Host',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Upgrade',
  'Expect',
  'Trailer',
  'Cookie',
  'Accept',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Origin',
  'X-Other',
]
const values = [
  'wiki.example.com',
  'wiki.example.com:443',
  '0',
  '5',
  '+5',
  '0005',
  'chunked',
  'gzip, chunked',
  'close',
  'Upgrade',
  'websocket',
  'h2c',
  '100-continue',
  'a=b',
  'text/html',
  '203.0.113.9, 10.0.0.2',
  'https',
  'dGhlIHNhbXBsZSBub25jZQ==',
  '13',
  'https://wiki.example.com',
]
const targets = [
  '/',
  '/page/7?x=1',
  'https://wiki.example.com/a',
  'http://wiki.example.com/a',
  '*',
  'wiki.example.com:443',
  '/a/../b',
  '//evil.example/',
]

const field = fc.tuple(
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: mutate(names, salt, 2) }),
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: mutate(values, salt, 3) }),
)

const inputs = fc.record({
  kind: fc.constantFrom('http' as const, 'http' as const, 'upgrade' as const),
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('GET', 'POST', 'DELETE') },
    { weight: 1, arbitrary: mutate(['GET', 'TRACE', 'CONNECT'], salt, 2) },
  ),
  target: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...targets) },
    { weight: 1, arbitrary: mutate(targets, salt, 3) },
  ),
  version: fc.constantFrom('1.1' as const, '1.1' as const, '1.0' as const, '2' as const),
  host: fc.constantFrom<string[]>(['Host', 'wiki.example.com'], ['Host', 'wiki.example.com'], []),
  fields: fc.array(field, { maxLength: 5 }).map((pairs) => pairs.flat()),
  authority: fc.option(mutate(['wiki.example.com', 'user@wiki.example.com'], salt, 2), { nil: undefined }),
  address: fc.constantFrom('192.0.2.7', '10.0.0.1', '::1'),
  secure: fc.boolean(),
  bodyEnded: fc.boolean(),
  omittedCookies: fc.constantFrom(0, 0, 0, 100_000),
})

export const canonicalRequest: FuzzTarget = {
  name: 'canonical',
  law: 'one view or none; the view of the view is the same; never throws',
  weight: 2,
  open: async () =>
    opened(inputs, ({ kind, host, fields, ...rest }) => {
      const headers = [...host, ...fields]
      const received: Received = { ...rest, headers, port: 1, serverName: undefined }
      const view = canonicalize(exchange(received, kind), rules)
      if (view.kind === 'rejected')
        return must([400, 417, 426, 431, 501].includes(view.status), 'a known refusal', view)
      const { request } = view
      const all = (name: string): string[] =>
        headers.filter((_, i) => i % 2 === 1 && headers[i - 1]!.toLowerCase() === name)
      must(!headers.some((text) => /[\r\n\0]/.test(text)), 'no line end or NUL passes')
      if (rest.version !== '2') must(all('host').length === 1, 'one Host', all('host'))
      must(all('content-length').length + all('transfer-encoding').length <= 1, 'one framing')
      if (rest.version !== '1.1') must(all('transfer-encoding').length === 0, 'chunks only where they exist')
      if (request.contentLength === undefined)
        must(rest.version === '2' || all('transfer-encoding')[0]?.toLowerCase() === 'chunked', 'no length, so chunks')
      if (request.upgrade)
        must(
          request.contentLength === 0 && request.method === 'GET' && rest.version === '1.1',
          'an upgrade is a bare GET',
        )
      if (kind === 'upgrade') must(request.upgrade === 'websocket', 'an upgrade is a WebSocket or nothing')
      must(
        canonicalHost(request.host, request.scheme) === request.host,
        'the host is its own canonical form',
        request.host,
      )
      if (rest.address !== '10.0.0.1')
        must(
          request.address === rest.address && (request.scheme === 'https') === rest.secure,
          'forwarding fields count from trusted proxies only',
        )
      checkTarget(request.target)
      const again = canonicalize(exchange({ ...received, target: request.target }, kind), rules)
      must(
        again.kind === 'request' &&
          again.request.target === request.target &&
          again.request.path === request.path &&
          again.request.host === request.host,
        'the view of the view is the same',
        again,
      )
    }),
}

function exchange(received: Received, kind: 'http' | 'upgrade'): Exchange {
  // Only the members the canonicalization reads.
  return { kind, received, startedAt: 0, body: Readable.from([]), proceed: () => {} } as unknown as Exchange
}
