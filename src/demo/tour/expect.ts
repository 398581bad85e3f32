// Assertion of a tour step, and its error: expected and actual.

export class ExpectationFailed extends Error {
  readonly code = 'unmet'
  readonly expected: string
  readonly actual: string
  constructor(expected: string, actual: unknown) {
    super(expected)
    this.expected = expected
    this.actual = shown(actual)
  }
}

/** Throws `ExpectationFailed` unless `held`. `came`: the actual value, for the message. */
export function expect(held: boolean, expected: string, came: unknown): asserts held {
  if (!held) throw new ExpectationFailed(expected, came)
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const line = (text ?? 'nothing').replace(/\s+/g, ' ')
  return line.length > 400 ? `${line.slice(0, 400)}…` : line
}
