// Failure log of a provider: each kind in the log at once and then at most once a minute, and the last failure for `status`.

import { isCausedByBrowser, type SignInError, type SignInErrorCode } from './sign-in-error.ts'
import { mendOf } from './failure-mends.ts'

export interface FailureLog {
  /** `requestId`: of the page that shows the failure; undefined in the background. */
  failed(failure: SignInError, requestId?: string): void
  /** As `failed`, for what the caller writes to the log itself. */
  note(failure: SignInError): void
  /** A back-channel logout was refused. Anybody can send one: in the log alone. */
  logoutRefused(detail: string): void
  /** A sign-in or refresh went through; with `code`, only failures of this code are over. */
  worked(code?: SignInErrorCode): void
  /** Undefined when nothing failed since the last success, or only what a browser alone can cause. */
  last(): LastFailure | undefined
}

/** Times in epoch milliseconds. */
export interface LastFailure {
  readonly code: SignInErrorCode
  readonly detail: string
  readonly mend: string
  /** Of the first failure after the last success. */
  readonly since: number
  readonly at: number
  readonly count: number
}

export type WriteFailure = (
  message: string,
  fields: { readonly provider: string } & Readonly<Record<string, unknown>>,
  level: 'info' | 'warn',
) => void

const interval = 60_000
/** Kinds: codes, and the first words of details that only the provider can cause. */
const maxKinds = 200

export function createFailureLog(provider: string, write: WriteFailure, now: () => number): FailureLog {
  const written = new Map<string, { at: number; suppressed: number }>()
  let last: LastFailure | undefined

  const note = (failure: SignInError): void => {
    const at = now()
    last = { ...failure, mend: mendOf(failure), since: last?.since ?? at, at, count: (last?.count ?? 0) + 1 }
  }

  const writeRarely = (kind: string, message: string, fields: object, level: 'info' | 'warn'): void => {
    const at = now()
    const before = written.get(kind)
    if (before !== undefined && at - before.at < interval) return void (before.suppressed += 1)
    if (before === undefined && written.size >= maxKinds) return
    written.set(kind, { at, suppressed: 0 })
    const suppressed = before?.suppressed ?? 0
    write(message, { provider, ...fields, ...(suppressed > 0 && { suppressed }) }, level)
  }

  return {
    note,
    failed(failure, requestId) {
      const { code, detail } = failure
      const byBrowser = isCausedByBrowser(failure)
      if (!byBrowser && code !== 'store_unreachable') note(failure)
      // A stranger chooses the detail of what a browser can cause: it must not make kinds of its own.
      const kind = byBrowser ? code : `${code} ${detail.split(':', 1)[0]}`
      writeRarely(
        kind,
        requestId === undefined ? 'a session could not be confirmed at the provider' : 'sign-in failed',
        { requestId, code, detail, mend: mendOf(failure) },
        byBrowser ? 'info' : 'warn',
      )
    },
    logoutRefused(detail) {
      writeRarely(`logout ${detail.split(':', 1)[0]}`, 'back-channel logout refused', { detail }, 'info')
    },
    worked(code) {
      if (code === undefined || last?.code === code) last = undefined
    },
    last: () => last,
  }
}
