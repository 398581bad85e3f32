// Reference parser: splits a byte stream into requests strictly by RFC 9112, to compare with the gateway.

export interface Referred {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface Reading {
  readonly requests: readonly Referred[]
  /** What follows them: nothing, an incomplete request, or invalid bytes. */
  readonly rest: 'nothing' | 'incomplete' | 'malformed'
  /** The request whose body is incomplete or invalid: its head may have been forwarded already. */
  readonly begun: Referred | undefined
}

/**
 * RFC 9112 section 3 allows a recipient to treat several spaces as one. A query may have octets above ASCII, which are
 * forwarded as they are (`docs/reference/request-targets.md`).
 */
const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) +([\x21-\x7e]+(?:\?[\x21-\x7e\x80-\xff]*)?) +(HTTP\/1\.[01])$/
const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/

/** `bytes`: one character per byte. */
export function read(bytes: string): Reading {
  const requests: Referred[] = []
  let at = 0
  for (;;) {
    // RFC 9112 2.2: empty lines before a request line are ignored, also those ended by a bare LF.
    while (bytes[at] === '\r' || bytes[at] === '\n') at++
    const rest = bytes.slice(at)
    if (rest === '') return { requests, rest: 'nothing', begun: undefined }
    const end = rest.indexOf('\r\n\r\n')
    const head = end < 0 ? rest : rest.slice(0, end)
    const [line = '', ...lines] = head.split('\r\n')
    if (end < 0)
      return {
        requests,
        rest: /[\r\n\0]/.test(head.replaceAll('\r\n', '').replace(/\r$/, '')) ? 'malformed' : 'incomplete',
        begun: undefined,
      }
    const first = requestLine.exec(line)
    const fields = lines.map((text) => fieldLine.exec(text))
    if (first === null || fields.includes(null)) return { requests, rest: 'malformed', begun: undefined }
    const one = {
      method: first[1]!,
      target: first[2]!,
      version: first[3]!,
      fields: fields.map((found) => [found![1]!.toLowerCase(), found![2]!] as const),
    }
    const body = bodyOf(one, rest.slice(end + 4))
    if (body === 'unframed') return { requests, rest: 'malformed', begun: undefined }
    if (typeof body === 'string') return { requests, rest: body, begun: { ...one, body: '' } }
    requests.push({ ...one, body: body.content })
    at += end + 4 + body.length
  }
}

export function valuesOf({ fields }: Pick<Referred, 'fields'>, name: string): string[] {
  return fields.filter(([field]) => field === name).map(([, value]) => value)
}

/** RFC 9112 section 6.3; a message with two lengths is invalid. */
function bodyOf(
  one: Pick<Referred, 'fields' | 'version'>,
  after: string,
): { content: string; length: number } | 'unframed' | 'malformed' | 'incomplete' {
  const lengths = valuesOf(one, 'content-length')
  const codings = valuesOf(one, 'transfer-encoding')
  if (lengths.length + codings.length > 1) return 'unframed'
  if (codings.length === 1)
    return one.version === 'HTTP/1.1' && codings[0]!.toLowerCase() === 'chunked' ? chunks(after) : 'unframed'
  if (lengths.length === 0) return { content: '', length: 0 }
  if (!/^\d{1,15}$/.test(lengths[0]!)) return 'unframed'
  const length = Number(lengths[0])
  return after.length < length ? 'incomplete' : { content: after.slice(0, length), length }
}

/** RFC 9112 section 7.1. */
function chunks(after: string): { content: string; length: number } | 'malformed' | 'incomplete' {
  let content = ''
  let at = 0
  for (;;) {
    const end = after.indexOf('\r\n', at)
    if (end < 0)
      return /^[0-9A-Fa-f]*(;[\t\x20-\x7e\x80-\xff]*)?\r?$/.test(after.slice(at)) ? 'incomplete' : 'malformed'
    // Chunk extensions have no meaning; rejecting them is correct too.
    const size = /^0*([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/.exec(after.slice(at, end))
    if (size === null) return 'malformed'
    const length = Number.parseInt(size[1]!, 16)
    at = end + 2
    if (length === 0) break
    if (after.length < at + length + 2)
      return after.length > at + length && after[at + length] !== '\r' ? 'malformed' : 'incomplete'
    if (after.slice(at + length, at + length + 2) !== '\r\n') return 'malformed'
    content += after.slice(at, at + length)
    at += length + 2
  }
  for (;;) {
    const end = after.indexOf('\r\n', at)
    if (end < 0) return 'incomplete'
    if (end === at) return { content, length: at + 2 }
    if (!fieldLine.test(after.slice(at, end))) return 'malformed'
    at = end + 2
  }
}
