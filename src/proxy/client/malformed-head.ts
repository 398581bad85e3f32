// Says for the log what is wrong with a response head that cannot be read, and which field it is.

import { isFieldValue, isToken, parseContentLength, startsWithStatusLine } from '../../http/field-syntax.ts'

const tlsAlert = 0x15
const http2Settings = 4

/** The bytes at `start` do not begin a response of HTTP/1.x. */
export function notHttp1(bytes: Buffer, start: number): string {
  // RFC 9113 3.4: the first frame of a server is SETTINGS, whose length is below 64 KiB, on stream 0.
  if (bytes[start] === 0 && bytes[start + 3] === http2Settings) {
    return 'the upstream speaks HTTP/2 without TLS: write h2c:// in `to`'
  }
  if (bytes[start] === tlsAlert && bytes[start + 1] === 3) return 'the upstream expects TLS: write https:// in `to`'
  return 'the response does not begin with HTTP/1.x'
}

/** `head`: a malformed one, with CRLF line ends. */
export function describeMalformedHead(head: string): string {
  const [statusLine, ...lines] = head.slice(0, -4).split('\r\n')
  if (!startsWithStatusLine(`${statusLine}\r`)) return 'upstream sent an invalid status line'
  const lengths = new Set<string>()
  let codings = 0
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).trim()
    const fault = faultOf(name, value, colon)
    if (fault !== undefined) return invalidField(name, fault)
    const lower = name.toLowerCase()
    if (lower === 'content-length') lengths.add(value)
    if (lower !== 'transfer-encoding') continue
    codings++
    if (value.toLowerCase() !== 'chunked') return invalidField(name, 'a transfer coding other than chunked')
  }
  if (lengths.size > 1) return invalidField('Content-Length', 'twice, with different values')
  if (lengths.size > 0 && codings > 0) return invalidField('Content-Length', 'together with Transfer-Encoding')
  return codings > 1 ? invalidField('Transfer-Encoding', 'twice') : 'upstream sent a malformed head'
}

/** `what` is wrong with the field. */
export function invalidField(name: string, what: string): string {
  const shown = name
    .trim()
    .slice(0, 64)
    .replace(/[^\x21-\x7e]/g, '?')
  return `upstream sent an invalid field: ${shown} (${what})`
}

function faultOf(name: string, value: string, colon: number): string | undefined {
  if (colon < 0) return 'a line without a colon'
  if (/[ \t]$/.test(name) && isToken(name.trim())) return 'white space before the colon'
  if (!isToken(name)) return 'a character that names may not contain'
  if (!isFieldValue(value)) return 'a control character in the value'
  if (name.toLowerCase() !== 'content-length' || parseContentLength(value) !== undefined) return undefined
  return 'not a number of bytes'
}
