// Form of the explanation of one reason code in the reference.

export interface Explanation {
  /** Places outside the conditions that give the code. `file`: below src/; a test looks the code up in it. */
  readonly steps: readonly { readonly file: string; readonly when: string }[]
  /** What to look at, and what to change. Markdown. */
  readonly administrator: string
  /** No version gives the code yet; the name is taken for what is planned. */
  readonly reserved?: true
}

export const explainHint = '`einlass explain` with the facts of the audit event shows every condition, met or unmet'
