// Group source of one provider: asks its directory at sign-in and refresh, within limits, and logs once what is wrong with groups.

import { CircuitOpen, createCircuitBreaker } from '../../../async/circuit-breaker.ts'
import type { ProviderSettings } from '../../../config/provider-settings.ts'
import type { Claims, DirectoryGroups, ProviderClaims } from '../provider-claims.ts'
import { isUnacceptableAnswer, type ProviderFetch } from '../provider-http.ts'
import { providerTiming, type ProviderTiming } from '../provider-timing.ts'
import { DirectoryFault, type Directory, type DirectoryConnection } from './directory.ts'
import { createGoogleDirectory } from './google-directory.ts'
import { createGraph } from './graph.ts'
import { statedGroups } from './stated-groups.ts'

export interface GroupSource {
  /**
   * The statement with the groups of the directory, where the token leaves them to it. Never rejects: a directory that does
   * not answer within 5 s leaves them unconfirmed. Only a statement with an ID token is completed, which names the user.
   */
  complete(statement: ProviderClaims, connection: DirectoryConnection): Promise<ProviderClaims>
  /** For `einlass check --online`; undefined where no directory is asked. */
  readonly probe: ((connection: DirectoryConnection) => Promise<DirectoryCheck>) | undefined
}

export type DirectoryCheck =
  { readonly state: 'answers' } | { readonly state: 'fault'; readonly cause: string; readonly mend: string | undefined }

export interface GroupSourceOptions {
  readonly settings: ProviderSettings
  readonly fetch: ProviderFetch
  readonly now: () => number
  readonly log: (message: string, detail: { readonly provider: string } & Readonly<Record<string, unknown>>) => void
  readonly timing?: ProviderTiming
}

export function createGroupSource({
  settings,
  fetch,
  now,
  log,
  timing = providerTiming,
}: GroupSourceOptions): GroupSource {
  const directory = directoryOf(settings, fetch, now)
  const circuit = createCircuitBreaker({
    now,
    isAnswer: (error) => isUnacceptableAnswer(error) || (error instanceof DirectoryFault && error.status !== undefined),
  })
  let pausedUntil = -Infinity
  let directoryFault: string | undefined
  let claimFault: string | undefined

  const lookUp = async (idToken: Claims, connection: DirectoryConnection): Promise<DirectoryGroups | undefined> => {
    if (directory === undefined || !directory.isNeededFor(idToken)) return undefined
    try {
      if (now() < pausedUntil) throw new DirectoryFault('not asked: the directory wants no further request yet')
      const names = await circuit.run(() =>
        within(timing.directory, (signal) => directory.groupsOf(idToken, connection, signal)),
      )
      if (directoryFault !== undefined) log('the directory lists groups again', { provider: settings.name })
      directoryFault = undefined
      return { state: 'known', names }
    } catch (error) {
      report(error)
      return { state: 'unconfirmed' }
    }
  }

  const report = (error: unknown): void => {
    const fault = error instanceof DirectoryFault ? error : undefined
    if (fault?.retryAfter !== undefined) pausedUntil = Math.max(pausedUntil, now() + fault.retryAfter)
    const cause = causeOf(error)
    // What follows from a fault in the log, or passes by itself, would only repeat it.
    const isFollowUp = directoryFault !== undefined && fault?.status === undefined && fault?.mend === undefined
    if (cause === directoryFault || isFollowUp) return
    directoryFault = cause
    log('groups are unknown: the directory does not list them', {
      provider: settings.name,
      cause,
      mend: fault?.mend,
      ...(fault === undefined && { error }),
    })
  }

  /** Once for each cause in a row: the same claim is wrong at every sign-in. */
  const reportClaim = (statement: ProviderClaims): void => {
    const { fault } = statedGroups(statement, settings)
    if (fault === undefined || fault.found === claimFault) return
    claimFault = fault.found
    const { claim } = settings.claims.groups
    log('groups are unknown or incomplete: the claim cannot be read', {
      provider: settings.name,
      cause: `claim ${claim}: ${fault.found}`,
      mend: fault.mend,
    })
  }

  return {
    async complete(statement, connection) {
      const { idToken } = statement
      const found = idToken === undefined ? undefined : await lookUp(idToken, connection)
      const whole = found === undefined ? statement : { ...statement, directory: found }
      reportClaim(whole)
      return whole
    },
    probe:
      directory &&
      (async (connection) => {
        try {
          await within(timing.directory, (signal) => directory.probe(connection, signal))
          return { state: 'answers' }
        } catch (error) {
          return {
            state: 'fault',
            cause: causeOf(error),
            mend: error instanceof DirectoryFault ? error.mend : undefined,
          }
        }
      }),
  }
}

function directoryOf(settings: ProviderSettings, fetch: ProviderFetch, now: () => number): Directory | undefined {
  if (settings.groupsFrom === 'graph') return createGraph({ settings, fetch, now })
  if (settings.groupsFrom === 'google_directory') return createGoogleDirectory({ settings, fetch, now })
  return undefined
}

/** Also when a call ignores the signal, as a token request of the library does. */
function within<T>(timeout: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(timeout)
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DirectoryFault('the directory did not answer in time')))
  })
  return Promise.race([call(signal), late])
}

function causeOf(error: unknown): string {
  if (error instanceof CircuitOpen) return 'not asked: the directory did not answer before'
  return error instanceof Error ? error.message : 'unknown'
}
