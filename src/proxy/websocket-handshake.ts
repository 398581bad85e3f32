// WebSocket handshake: checks an upstream's 101 against what the client offered, before any byte is tunnelled.

import { createHash } from 'node:crypto'
import type { RawHeaders } from './headers/response-headers.ts'

/** What a client offered in a valid handshake (RFC 6455 4.2.1); values as received. */
export interface WebSocketOffer {
  readonly key: string
  readonly protocols: string | undefined
  readonly extensions: string | undefined
}

/** `header`: looks up a field of the client's request by its lower-case name. */
export function webSocketOffer(header: (name: string) => string | undefined): WebSocketOffer {
  return {
    key: header('sec-websocket-key') ?? '',
    protocols: header('sec-websocket-protocol'),
    extensions: header('sec-websocket-extensions'),
  }
}

/**
 * Undefined when this 101 accepts the offer, else the failed check, for the log. RFC 6455 4.1 asks this of clients; a
 * proxy that opens a tunnel without it lets an application, or a cache in front of it that never read the handshake,
 * be spoken to in bytes that no one checks (CVE-2024-23326 is of this kind).
 */
export function handshakeError(headers: RawHeaders, offer: WebSocketOffer): string | undefined {
  // RFC 9110 7.8: the protocols switched to, of which there is one.
  if (valuesOf(headers, 'upgrade').join().toLowerCase() !== 'websocket') {
    return 'the upstream switched to a protocol that was not requested'
  }
  if (!listed(valuesOf(headers, 'connection')).some((option) => option.toLowerCase() === 'upgrade')) {
    return 'the upstream switched protocols without Connection: Upgrade'
  }
  const accepted = valuesOf(headers, 'sec-websocket-accept')
  if (accepted.length !== 1 || accepted[0] !== acceptOf(offer.key)) {
    return `the upstream sent ${accepted.length === 1 ? 'a wrong' : accepted.length === 0 ? 'no' : 'more than one'} Sec-WebSocket-Accept`
  }
  return subprotocolError(headers, offer) ?? extensionError(headers, offer)
}

/** RFC 6455 11.3.4: one subprotocol, in one field, and one that was offered. None is allowed: the client decides. */
function subprotocolError(headers: RawHeaders, { protocols }: WebSocketOffer): string | undefined {
  const chosen = valuesOf(headers, 'sec-websocket-protocol')
  if (chosen.length === 0) return undefined
  // RFC 6455 4.1: subprotocols are compared with their case.
  if (chosen.length === 1 && protocols !== undefined && listed([protocols]).includes(chosen[0]!)) return undefined
  return 'the upstream chose a subprotocol that was not offered'
}

/** RFC 6455 9.1: only extensions that were offered. Parameters are between client and application. */
function extensionError(headers: RawHeaders, { extensions }: WebSocketOffer): string | undefined {
  const chosen = extensionNames(valuesOf(headers, 'sec-websocket-extensions'))
  if (chosen.length === 0) return undefined
  const offered = new Set(extensions === undefined ? [] : extensionNames([extensions]))
  return chosen.every((name) => offered.has(name))
    ? undefined
    : 'the upstream chose a WebSocket extension that was not offered'
}

/** RFC 6455 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** `Sec-WebSocket-Accept` for this `Sec-WebSocket-Key` (RFC 6455 4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64')
}

function valuesOf(headers: RawHeaders, name: string): string[] {
  const values: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (String(headers[i]).toLowerCase() === name) values.push(String(headers[i + 1]).trim())
  }
  return values
}

/** Members of lists (RFC 9110 5.6.1); empty ones are ignored. */
function listed(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',').flatMap((member) => member.trim() || []))
}

/**
 * Names of `name; parameter=value, name`. A quoted parameter with a comma would split into a name that was not offered:
 * refused in an answer, harmless in an offer.
 */
function extensionNames(values: readonly string[]): string[] {
  return listed(values).map((extension) => extension.split(';', 1)[0]!.trim().toLowerCase())
}
