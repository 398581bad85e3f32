// Placeholders of other programs, `${NAME}`, which Einlass does not replace: finds them, and says what to write.

export interface Placeholder {
  readonly index: number
  /** Name of the variable; `NAME` when it is not written like one. */
  readonly name: string
  /** The placeholder is the whole text. */
  readonly alone: boolean
}

/** `${NAME}`, `${NAME:-default}`, and `$NAME` or `{{ NAME }}` as the whole text. */
export function placeholderIn(text: string): Placeholder | undefined {
  const whole = /^\s*(?:\$([A-Z][A-Z0-9_]*)|\{\{\s*(?:\.?(?:env|Env)\.)?([A-Za-z_]\w*)\s*\}\})\s*$/.exec(text)
  if (whole !== null) return { index: 0, name: variable(whole[1] ?? whole[2]), alone: true }
  const braces = /\$\{([A-Za-z_]\w*)(?::?[-?+=][^}]*)?\}/.exec(text)
  if (braces === null) return undefined
  return { index: braces.index, name: variable(braces[1]), alone: braces[0] === text.trim() }
}

export function notReplaced({ name, alone }: Pick<Placeholder, 'name' | 'alone'>): string {
  return alone
    ? `variables are not replaced in this way: write env:${name}`
    : `variables are not replaced inside a text: put the whole text into a variable or file, and write env:NAME or file:PATH`
}

function variable(name: string | undefined): string {
  return name !== undefined && /^[A-Z][A-Z0-9_]*$/.test(name) ? name : 'NAME'
}
