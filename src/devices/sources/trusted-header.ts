// Posture source: signed headers of an authenticated front proxy or device agent gateway (`trusted_header`, style `einlass`).
//
// Accepted only when both hold: the TCP peer is in the networks of the source, and
//
//   X-Device-Signature: t=<unix seconds>,v1=<64 hex digits>
//
// is the HMAC-SHA256, keyed with the secret of the source, of these lines, each terminated by one LF (bytes as sent,
// ISO 8859-1):
//
//   einlass-device-1
//   <t>
//   <method>                          GET
//   <host>                            wiki.example.com      lower case, the port only when it is not the default
//   <target>                          /page/7?part=2        path and query, percent-encoding in capitals (RFC 3986 6.2.2)
//   <destination>                     /archive/7            COPY and MOVE only: path and query of Destination, as for <target>
//   <name>:<value>                    for each X-Device-* header listed below that is present, except the
//   ...                               signature: name in lower case, value without white space around it, sorted by name
//
// `t` may differ from the gateway's clock by the tolerance of the source. Within it a signature can be replayed, but only
// by a peer in those networks and for the same method, host, target, destination and facts: it grants nothing it did not grant before.
// One header may have several `v1` during a rotation of the secret. A repeated header counts as absent, so that the
// signature no longer matches.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { PostureQuery } from '../posture-query.ts'
import type { Observation, PostureSource } from '../posture-source.ts'
import { isDeviceId, readPosture } from '../posture.ts'

export interface TrustedHeaderSettings {
  readonly name: string
  /** CIDR blocks. */
  readonly networks: readonly string[]
  readonly secret: string
  /** Milliseconds. Maximum difference between `t` and the gateway's clock. */
  readonly tolerance: number
}

/** Sorted, in the order of the signed text. */
export const deviceHeaders = [
  'x-device-antivirus',
  'x-device-compliant',
  'x-device-disk-encrypted',
  'x-device-firewall',
  'x-device-id',
  'x-device-managed',
  'x-device-os',
  'x-device-os-version',
  'x-device-owner',
  'x-device-risk',
  'x-device-screen-lock',
] as const
const signatureHeader = 'x-device-signature'

export function createTrustedHeader(settings: TrustedHeaderSettings): PostureSource {
  const networks = new BlockList()
  for (const cidr of settings.networks) {
    const [address = '', bits = ''] = cidr.split('/')
    const version = isIP(address)
    if (version === 0) throw Object.assign(new Error(`${cidr} is no network`), { code: 'bad_network' })
    networks.addSubnet(
      address,
      bits === '' ? (version === 4 ? 32 : 128) : Number(bits),
      version === 4 ? 'ipv4' : 'ipv6',
    )
  }

  return {
    name: settings.name,
    headers: [...deviceHeaders, signatureHeader],
    observe(query) {
      const signature = query.header(signatureHeader)
      if (signature === undefined && query.header('x-device-id') === undefined) return noObservation
      const version = isIP(query.peer)
      if (version === 0 || !networks.check(query.peer, version === 4 ? 'ipv4' : 'ipv6')) return rejectedObservation.peer
      return signature === undefined ? rejectedObservation.unsigned : verifyHeader(settings, query, signature)
    },
    stop: () => Promise.resolve(),
  }
}

/** The text that is signed; exported so that tests and agents can compare theirs. */
export function signedText(
  t: string,
  query: Pick<PostureQuery, 'method' | 'host' | 'target' | 'destination' | 'header'>,
): string {
  let text = `einlass-device-1\n${t}\n${query.method}\n${query.host}\n${query.target}\n`
  if (query.destination !== undefined) text += `${query.destination}\n`
  for (const name of deviceHeaders) {
    const value = query.header(name)
    if (value !== undefined) text += `${name}:${value.trim()}\n`
  }
  return text
}

const noObservation: Observation = { state: 'silent' }
const rejectedObservation = {
  peer: { state: 'refused', detail: 'device headers from a peer outside the trusted networks' },
  unsigned: { state: 'refused', detail: 'device headers without a usable signature' },
  signature: { state: 'refused', detail: 'device signature does not fit' },
  time: { state: 'refused', detail: 'device signature is too old or from the future' },
  device: { state: 'refused', detail: 'signed device headers without a usable device id' },
} as const satisfies Record<string, Observation>

function verifyHeader(settings: TrustedHeaderSettings, query: PostureQuery, header: string): Observation {
  const parsed = parseSignature(header)
  if (parsed === undefined) return rejectedObservation.unsigned
  const text = signedText(parsed.t, query)
  // A line end inside a value could pass for another header (no parser accepts it; RFC 9110 section 5.5).
  if (deviceHeaders.some((name) => /[\u0000-\u001f\u007f]/.test(query.header(name)?.trim() ?? '')))
    return rejectedObservation.signature
  const expected = createHmac('sha256', settings.secret).update(text, 'latin1').digest()
  // Every signature is compared, each in constant time.
  if (parsed.signatures.filter((given) => timingSafeEqual(given, expected)).length === 0)
    return rejectedObservation.signature
  const observedAt = Number(parsed.t) * 1000
  if (Math.abs(query.now - observedAt) > settings.tolerance) return rejectedObservation.time
  const deviceId = query.header('x-device-id')?.trim()
  if (!isDeviceId(deviceId)) return rejectedObservation.device
  const { posture } = readPosture(factsOf(query), { deviceId, source: settings.name, observedAt })
  return { state: 'observed', posture, pins: false }
}

function factsOf(query: PostureQuery): Record<string, unknown> {
  const value = (name: (typeof deviceHeaders)[number]) => query.header(name)?.trim()
  const [name, version] = [value('x-device-os'), value('x-device-os-version')]
  return {
    managed: value('x-device-managed'),
    owner: value('x-device-owner'),
    compliant: value('x-device-compliant'),
    disk_encrypted: value('x-device-disk-encrypted'),
    os: name === undefined || version === undefined ? undefined : { name, version },
    screen_lock: value('x-device-screen-lock'),
    firewall: value('x-device-firewall'),
    antivirus: value('x-device-antivirus'),
    risk: value('x-device-risk'),
  }
}

function parseSignature(header: string): { t: string; signatures: readonly Buffer[] } | undefined {
  const [time, ...rest] = header.split(',', 5).map((part) => part.trim())
  const t = /^t=(\d{1,11})$/.exec(time ?? '')?.[1]
  const signatures = rest.map((part) => /^v1=([0-9a-f]{64})$/i.exec(part)?.[1])
  if (t === undefined || signatures.length === 0 || signatures.length > 3) return undefined
  if (signatures.some((one) => one === undefined)) return undefined
  return { t, signatures: signatures.map((one) => Buffer.from(one!, 'hex')) }
}
