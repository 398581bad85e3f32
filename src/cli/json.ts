// JSON output of commands: one line, with every key present.

/** Undefined and infinite values become null. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, (_key, one: unknown) => (one === undefined ? null : one))}\n`
}
