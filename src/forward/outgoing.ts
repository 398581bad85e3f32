// The header fields of a request on their way to an upstream: what differs each time, and what is said again and again.

export interface Outgoing {
  /** Name, value, name, value ... */
  readonly varying: readonly string[]
  /** Of the place the request came to, and of whom it came from. */
  readonly place: Constant
  readonly person: Constant
}

/** What is said in the same words each time: put into them once. */
export interface Constant {
  /** As lines of a message. */
  readonly lines: string
}

export const nothingSaid: Constant = { lines: '' }

/** RFC 9110 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 5.5. */
const invalidValue = /[^\t\x20-\x7e\x80-\xff]/

/** `list`: name, value, ... Throws where something in it could end its line. */
export function constantOf(list: readonly string[]): Constant {
  const pieces: string[] = []
  for (let i = 0; i < list.length; i += 2) {
    const line = lineOf(list[i]!, list[i + 1]!)
    if (line === undefined) throw Object.assign(new Error('a header field of ours is none'), { code: 'invalid_header' })
    pieces.push(line)
  }
  // In one piece: what is concatenated stays a tree, larger than its text, and is walked each time it is read.
  return { lines: pieces.join('') }
}

/** As lines of a message. Undefined: something in it could end its line. */
export function linesOf(list: readonly string[]): string | undefined {
  let lines = ''
  for (let i = 0; i < list.length; i += 2) {
    const line = lineOf(list[i]!, list[i + 1]!)
    if (line === undefined) return undefined
    lines += line
  }
  return lines
}

function lineOf(name: string, value: string): string | undefined {
  return token.test(name) && !invalidValue.test(value) ? `${name}: ${value}\r\n` : undefined
}

/** Name, value, ... for whoever writes them itself. */
export function listOf({ varying, place, person }: Outgoing): string[] {
  return [...varying, ...fieldsIn(place), ...fieldsIn(person)]
}

/** Name, value, ... */
export function fieldsIn({ lines }: Constant): string[] {
  return lines.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(': ')
    return colon < 0 ? [] : [line.slice(0, colon), line.slice(colon + 2)]
  })
}
