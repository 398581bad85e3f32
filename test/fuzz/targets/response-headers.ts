// Fuzz target response headers: an upstream sets no gateway cookie, no cookie of another host, no line break, no hop-by-hop field.

import fc from 'fast-check'
import {
  responseTrailers,
  createResponseHeaderRules,
  earlyHintHeaders,
} from '../../../src/proxy/headers/response-headers.ts'
import { setsOwnCookie } from '../../../src/identity/session/cookies.ts'
import { mutate, salt } from '../mutate.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const hostname = 'erp.example.com'
const rules = createResponseHeaderRules({ hostname, setsGatewayCookie: setsOwnCookie })

const cookies = [
  'sid=1; Path=/; HttpOnly',
  '__Host-einlass=x; Path=/; Secure',
  '__HOST-EINLASS-nonce=x; Secure; Path=/',
  '=__Host-einlass=x; Secure; Path=/',
  'a=1; Domain=example.com',
  'a=1; Domain=.erp.example.com; domain=example.com',
  'a=1; Domain=other.example.com; Domain=erp.example.com',
  'a=1; Domain',
  'a=1;Domain= ;Secure',
]
const names = [
  'Set-Cookie',
  'set-cookie',
  'SET-COOKIE',
  'Connection',
  'Content-Length',
  'Transfer-Encoding',
  'Keep-Alive',
  'Alt-Svc',
  'Clear-Site-Data',
  'Cache-Control',
  'X-Einlass-Jwt-Assertion',
  'Proxy-Authenticate',
  'Location',
  'Link',
  'X-A',
]
const values = [
  ...cookies,
  'close',
  'set-cookie, x-a',
  'chunked',
  '"cookies", "cache"',
  '"*"',
  'no-store',
  'h3=":443"',
  '</a>; rel=preload',
]
const words = [
  ...salt,
  '; Domain=',
  '; domain =',
  ';DOMAIN=example.com',
  '__Host-einlass',
  '__host-',
  ', ',
  '"*"',
  '"cookies"',
]

const field = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: mutate(names, salt, 2) }),
  fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...values) }, { weight: 2, arbitrary: mutate(values, words, 4) }),
)

export const responseHeaders: FuzzTarget = {
  name: 'answer',
  law: 'no cookie of ours or for other hosts, no split answer, private for a person',
  weight: 1,
  open: async () =>
    opened(fc.tuple(fc.array(field, { maxLength: 6 }), fc.constantFrom(200, 204, 302, 404)), ([fields, status]) => {
      // As bytes, as on the wire: characters above U+00FF do not occur.
      const raw = fields.flat().map((text) => Buffer.from(text, 'latin1'))
      for (const list of [rules(raw, status, true), responseTrailers(raw), earlyHintHeaders(raw)]) {
        ;(list ?? []).forEach((name, i, all) => i % 2 === 0 && checkField(name, all[i + 1]!))
      }
      const list = rules(raw, status, true)
      if (list === undefined) return
      const lower = list.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
      must(lower.includes('cache-control'), 'a shared cache is told', lower)
      if (status === 204) must(!lower.includes('content-length'), 'no length without content')
      must(
        !responseTrailers(raw).some(
          (name, i) => i % 2 === 0 && /^(set-cookie|content-length|transfer-encoding|host)$/i.test(name),
        ),
        'no framing in trailers',
      )
    }),
}

function checkField(name: string, value: string): void {
  const lower = name.toLowerCase()
  must(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name), 'every name is a token', name)
  must(/^[\t\x20-\x7e\x80-\xff]*$/.test(value), 'no control character passes', value)
  must(
    !/^(connection|keep-alive|transfer-encoding|upgrade|proxy-.*|te|alt-svc|x-einlass-.*)$/.test(lower),
    'nothing of one hop, nothing of ours',
    name,
  )
  if (lower === 'clear-site-data') {
    // Parsed as browsers do: directives separated by commas, trimmed.
    const directives = value.split(',').map((one) => one.trim().toLowerCase())
    must(
      !directives.includes('"cookies"') && !directives.includes('"*"'),
      'Clear-Site-Data does not clear cookies',
      value,
    )
  }
  if (lower !== 'set-cookie') return
  const cookie = readCookie(value)
  must(
    !cookie.name.toLowerCase().startsWith('__host-einlass') &&
      !(cookie.name === '' && /^__host-einlass/i.test(cookie.value)),
    'no cookie of ours',
    value,
  )
  must(cookie.domain === '' || cookie.domain === hostname, 'a cookie stays on its host', value)
}

/** RFC 6265bis section 5.6, as browsers do: the last Domain attribute counts, and an empty one is ignored. */
function readCookie(text: string): { name: string; value: string; domain: string } {
  const [pair = '', ...attributes] = text.split(';')
  const equals = pair.indexOf('=')
  const name = equals < 0 ? '' : pair.slice(0, equals).trim()
  const value = (equals < 0 ? pair : pair.slice(equals + 1)).trim()
  let domain = ''
  for (const attribute of attributes) {
    const at = attribute.indexOf('=')
    const key = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase()
    if (key === 'domain') domain = (at < 0 ? '' : attribute.slice(at + 1)).trim().replace(/^\./, '').toLowerCase()
  }
  return { name, value, domain }
}
