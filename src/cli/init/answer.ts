// An answer as typed or given as an option: read, checked, and either accepted with remarks or asked for again.

export type Reading<T> =
  /** `remarks`: worth knowing, but no reason to stop. */
  | { readonly ok: true; readonly value: T; readonly remarks?: readonly string[] }
  /** One sentence: what is wrong with it, and what is expected. */
  | { readonly ok: false; readonly problem: string }

export type Read<T> = (text: string) => Reading<T> | Promise<Reading<T>>

export interface Question<T> {
  /** The option that answers it: `--domain`. */
  readonly option: string
  readonly prompt: string
  /** Taken at Enter, and where nobody can be asked. */
  readonly fallback?: string | undefined
  readonly hidden?: boolean
  readonly read: Read<T>
}

export function accepted<T>(value: T, remarks: readonly string[] = []): Reading<T> {
  return { ok: true, value, remarks }
}

export function rejected(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem }
}
