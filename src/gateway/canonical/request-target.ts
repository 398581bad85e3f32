// Canonical form of a request target: what policy evaluates and what is forwarded, from one reading of the octets. Pure.

import { isRequestTarget } from '../../http/field-syntax.ts'
import { ambiguityOf, type Ambiguity } from '../../policy/path-spelling.ts'

export interface CanonicalTarget {
  /** As received. Forwarded where no rule looks at paths. */
  readonly sent: string
  /** `sent` with percent-encoding normalised (RFC 3986 6.2.2): unreserved characters decoded, hex in upper case. */
  readonly wire: string
  /** Evaluated by policy: `wire` with every printable ASCII character but `/ ; ? # % \` decoded, as upstreams do. */
  readonly path: string
  /** '' or '?...', as received: latin1 characters, of which policy reads none. */
  readonly query: string
  /** Undefined: every server reads `path` alike. */
  readonly ambiguity: Ambiguity | undefined
}

/** No canonical form; respond with 400. */
export interface TargetError {
  readonly refused: 'target' | 'query' | 'reserved_path'
  /** What it is refused for, of a closed set of names: `%00`, `..`, `\` ... */
  readonly octet: string
}

/** The prefix that belongs to the gateway on every host. */
export const builtInPrefix = '/.einlass/'
const reservedSegment = /^ *\.einlass[. ]*(?:$|[;?#:])/

const simplePath = /^\/[A-Za-z0-9\-_~!$&'()*+,=:@/.]*$/

/** Accepts the origin-form only (RFC 9112 3.2.1). */
export function canonicalTarget(target: string): CanonicalTarget | TargetError {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark)
  if (query !== '' && !isRequestTarget(query)) return { refused: 'query', octet: octetName(firstInvisible(query)) }
  if (
    simplePath.test(path) &&
    !path.includes('/.') &&
    !path.includes('./') &&
    !path.includes('//') &&
    !path.includes(':$') &&
    !path.endsWith('.')
  ) {
    return { sent: path, wire: path, path, query, ambiguity: undefined }
  }
  const normal = normalise(path)
  if ('refused' in normal) return normal
  const ambiguity = ambiguityOf(normal.path)
  if (ambiguity?.control === true) return { refused: 'target', octet: ambiguity.octet }
  if (ambiguity?.climbs === true) return { refused: 'target', octet: '..' }
  if (imitatesReserved(normal.path, ambiguity)) return { refused: 'reserved_path', octet: ambiguity?.octet ?? '.' }
  return { sent: path, ...normal, query, ambiguity }
}

/** A spelling that some server reads as the gateway's own prefix, but not the gateway. */
function imitatesReserved(path: string, ambiguity: Ambiguity | undefined): boolean {
  if (ambiguity !== undefined) return ambiguity.hidden.some((segment) => reservedSegment.test(segment))
  return !path.startsWith(builtInPrefix) && path.slice(0, builtInPrefix.length).toLowerCase() === builtInPrefix
}

/** Besides RFC 3986: `[ ] | ^`, which browsers do not encode in a path (WHATWG URL, path percent-encode set). */
const rawBytes = /[A-Za-z0-9\-_~!$&'()*+,=:@/.;[\]|^]/
const unreserved = /[A-Za-z0-9\-_~.]/

function normalise(path: string): { wire: string; path: string } | TargetError {
  if (path[0] !== '/') return { refused: 'target', octet: octetName(path[0] ?? '') }
  let wire = ''
  let out = ''
  for (let i = 0; i < path.length; i++) {
    const character = path[i]!
    if (character !== '%') {
      if (!rawBytes.test(character)) return { refused: 'target', octet: octetName(character) }
      wire += character
      out += character
      continue
    }
    const hex = path.slice(i + 1, i + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return { refused: 'target', octet: '%' }
    const byte = Number.parseInt(hex, 16)
    const kept = `%${hex.toUpperCase()}`
    if (byte < 0x20 || byte === 0x7f) return { refused: 'target', octet: kept }
    const decoded = String.fromCharCode(byte)
    wire += unreserved.test(decoded) ? decoded : kept
    out += byte > 0x20 && byte < 0x7f && !'/;?#%\\'.includes(decoded) ? decoded : kept
    i += 2
  }
  return { wire, path: out }
}

function firstInvisible(text: string): string {
  return [...text].find((one) => !isRequestTarget(one)) ?? ''
}

/** Printable ASCII as it is, anything else as the escape of its byte. */
function octetName(character: string): string {
  if (character === '' || (character >= '!' && character <= '~')) return character
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
