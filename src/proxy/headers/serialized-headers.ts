// The header fields of a request on their way to an upstream, as lines of a message: what differs each time, and what is
// said again and again.

import { isFieldValue, isToken } from '../../http/field-syntax.ts'

export interface Outgoing {
  readonly varying: string
  /** Of the place the request came to, and of whom it came from. */
  readonly place: Constant
  readonly person: Constant
}

/** What is said in the same words each time: put into them once. */
export interface Constant {
  readonly lines: string
}

export const nothingSaid: Constant = { lines: '' }

/** `begins`: a name that is known to be one, colon and blank. Throws where the value could end its line. */
export function lineOf(begins: string, value: string): string {
  if (!isFieldValue(value)) throw invalid()
  return `${begins}${value}\r\n`
}

/** `list`: name, value, ... Throws where something in it could end its line. */
export function constantOf(list: readonly string[]): Constant {
  const pieces: string[] = []
  for (let i = 0; i < list.length; i += 2) {
    if (!isToken(list[i]!)) throw invalid()
    pieces.push(lineOf(`${list[i]!}: `, list[i + 1]!))
  }
  // In one piece: what is concatenated stays a tree, larger than its text, and is walked each time it is read.
  return { lines: pieces.join('') }
}

/** Name, value, ... for whoever writes them itself. */
export function listOf({ varying, place, person }: Outgoing): string[] {
  return `${varying}${place.lines}${person.lines}`.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(': ')
    return colon < 0 ? [] : [line.slice(0, colon), line.slice(colon + 2)]
  })
}

function invalid(): Error {
  return Object.assign(new Error('a header field cannot be written'), { code: 'invalid_header' })
}
