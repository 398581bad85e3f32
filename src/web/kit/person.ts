// The signed-in person as pages show them.

export interface Person {
  readonly name: string | undefined
  readonly email: string | undefined
  /** URL of the sign-out; undefined: that of the gateway. */
  readonly signOut?: string
}

/** Display name: name, else e-mail address. */
export function nameOf(person: Person): string | undefined {
  return person.name ?? person.email
}
