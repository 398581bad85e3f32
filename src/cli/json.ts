// Answers for programs: one line, and every key there in every answer.

/** What is undefined, or a moment that never comes, is null. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, (_key, one: unknown) => (one === undefined ? null : one))}\n`
}
