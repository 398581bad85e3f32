// Reader of a TLS ClientHello: server name (RFC 6066 3) and offered protocols (RFC 7301 3.1), before the handshake.
//
// Node chooses the certificate before it learns the protocols, so neither of its callbacks can recognise a challenge of
// RFC 8737. Whatever this reader does not understand is left to the handshake itself.

export interface ClientHello {
  /** In lower case; '' without the extension. */
  readonly serverName: string
  readonly protocols: readonly string[]
}

/** Bytes of the one record that may hold the hello, header included (RFC 8446 5.1). */
export const maxHelloBytes = 5 + 16_384

const handshakeRecord = 22
const clientHello = 1
const serverNameExtension = 0
const alpnExtension = 16

/** `incomplete`: more bytes are needed, at most `maxHelloBytes`. Undefined: no ClientHello within one record. */
export function readClientHello(bytes: Buffer): ClientHello | 'incomplete' | undefined {
  if (bytes.length > 0 && bytes[0] !== handshakeRecord) return undefined
  if (bytes.length < 5) return 'incomplete'
  const length = bytes.readUInt16BE(3)
  if (bytes[1] !== 3 || length < 4 || 5 + length > maxHelloBytes) return undefined
  if (bytes.length < 5 + length) return bytes.length >= maxHelloBytes ? undefined : 'incomplete'
  const record = bytes.subarray(5, 5 + length)
  if (record[0] !== clientHello || record.readUIntBE(1, 3) !== record.length - 4) return undefined
  try {
    return readBody(record.subarray(4))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readBody(body: Buffer): ClientHello {
  // Version and random, then session id, cipher suites and compression methods.
  let rest = body.subarray(34)
  for (const size of [1, 2, 1]) rest = vector(rest, size).after
  const found: { serverName: string; protocols: string[] } = { serverName: '', protocols: [] }
  for (let extensions = rest.length === 0 ? rest : vector(rest, 2).content; extensions.length > 0;) {
    const type = extensions.readUInt16BE(0)
    const { content, after } = vector(extensions.subarray(2), 2)
    if (type === serverNameExtension) found.serverName = nameOf(content)
    else if (type === alpnExtension) found.protocols = protocolsOf(content)
    extensions = after
  }
  return found
}

function nameOf(extension: Buffer): string {
  const list = vector(extension, 2).content
  // The only type that there is: host_name.
  return list[0] === 0 ? vector(list.subarray(1), 2).content.toString('latin1').toLowerCase() : ''
}

function protocolsOf(extension: Buffer): string[] {
  const protocols: string[] = []
  for (let list = vector(extension, 2).content; list.length > 0;) {
    const { content, after } = vector(list, 1)
    protocols.push(content.toString('latin1'))
    list = after
  }
  return protocols
}

/** Content behind a length of `size` bytes, and what follows. Throws a `RangeError` where the bytes end before. */
function vector(bytes: Buffer, size: number): { readonly content: Buffer; readonly after: Buffer } {
  const end = size + bytes.readUIntBE(0, size)
  if (end > bytes.length) throw new RangeError('the vector is longer than what contains it')
  return { content: bytes.subarray(size, end), after: bytes.subarray(end) }
}
