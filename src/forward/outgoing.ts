// The header fields of a request on their way to an upstream: what differs each time, and what is said again and again.

export interface Outgoing {
  /** Name, value, name, value ... */
  readonly varying: readonly string[]
  readonly constant: Constant
}

/** What is said of the same person at the same app each time: put into words once. */
export interface Constant {
  /** As lines of a message. */
  readonly lines: string
}

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
export function listOf({ varying, constant }: Outgoing): string[] {
  const list = [...varying]
  for (const line of constant.lines.split('\r\n')) {
    const colon = line.indexOf(': ')
    if (colon > 0) list.push(line.slice(0, colon), line.slice(colon + 2))
  }
  return list
}
