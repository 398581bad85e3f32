// Exhaustiveness check: the `default` of every `switch` over a union ends here, so that a new member does not compile.

/**
 * Throws: the value came from outside the types, and no branch may be guessed for it (fail closed).
 * `value`: what is left of the union after all cases, which is `never` as long as none is missing.
 */
export function never(value: never): never {
  throw new TypeError(`unexpected value of a closed union: ${describe(value)}`)
}

/** Only the discriminant of an object: its other members may be personal data or secrets. */
function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { kind, state } = value as { readonly kind?: unknown; readonly state?: unknown }
  return `object of kind ${String(kind ?? state)}`
}
