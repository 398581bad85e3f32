// The header fields of a request on their way to an upstream, as lines of a message: what differs each time, and what is
// said again and again.

import { isFieldValue, isToken } from '../../http/field-syntax.ts'

export interface RequestHeaders {
  readonly perRequest: string
  /** Of the place the request came to, and of whom it came from. */
  readonly perHost: SerializedHeaders
  readonly perUser: SerializedHeaders
}

/** What is said in the same words each time: put into them once. */
export interface SerializedHeaders {
  readonly lines: string
}

export const noHeaders: SerializedHeaders = { lines: '' }

/** `begins`: a name that is known to be one, colon and blank. Throws where the value could end its line. */
export function headerLine(begins: string, value: string): string {
  if (!isFieldValue(value)) throw invalid()
  return `${begins}${value}\r\n`
}

/** `list`: name, value, ... Throws where something in it could end its line. */
export function serialize(list: readonly string[]): SerializedHeaders {
  const pieces: string[] = []
  for (let i = 0; i < list.length; i += 2) {
    if (!isToken(list[i]!)) throw invalid()
    pieces.push(headerLine(`${list[i]!}: `, list[i + 1]!))
  }
  // In one piece: what is concatenated stays a tree, larger than its text, and is walked each time it is read.
  return { lines: pieces.join('') }
}

/** Name, value, ... for whoever writes them itself. */
export function toRawHeaders({ perRequest, perHost, perUser }: RequestHeaders): string[] {
  return `${perRequest}${perHost.lines}${perUser.lines}`.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(': ')
    return colon < 0 ? [] : [line.slice(0, colon), line.slice(colon + 2)]
  })
}

function invalid(): Error {
  return Object.assign(new Error('a header field cannot be written'), { code: 'invalid_header' })
}
