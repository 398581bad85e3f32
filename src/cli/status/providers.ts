// Providers in `einlass status`: last discovery, age of the keys, failures with cause and mend, scopes.

import type { LastFailure } from '../../identity/oidc/failure-log.ts'
import type { ProviderStatus } from '../../server/management/status.ts'
import { escapeControls, formatTime } from '../table.ts'
import { line, type Section } from './section.ts'

export const providers: Section = {
  lines: (now, zone) => now.providers.map((one) => lineOf(one, zone)),
  problems: (now, zone) => now.providers.flatMap((one) => problemsOf(one, zone)),
}

function lineOf(one: ProviderStatus, zone: string): string {
  const { name, reachable, discoveredAt, keysReadAt, scopes, failure } = one
  const states = [
    reachable ? 'reachable' : 'DOES NOT ANSWER',
    ...(otherFailure(one) ? ['SIGN-INS FAIL'] : []),
    ...(scopes ? ['NOT ALL SCOPES'] : []),
    `metadata read ${timeOf(discoveredAt, zone)}`,
    `keys read ${timeOf(keysReadAt, zone)}`,
    failure
      ? `last error ${formatTime(failure.at, zone)}: ${failure.code}`
      : 'no error since the last sign-in or refresh',
  ]
  return line('provider', `${name}: ${states.join(', ')}`)
}

function problemsOf(one: ProviderStatus, zone: string): string[] {
  const { name, reachable, failing, scopes } = one
  const unreachable = failing
    ? [
        `${name}: the provider does not answer since ${formatTime(failing.since, zone)}: no new sign-ins: ` +
          `${escapeControls(failing.detail)}. To mend it: ${failing.mend}`,
      ]
    : reachable
      ? []
      : [`${name}: the provider does not answer: no new sign-ins`]
  const other = otherFailure(one)
  return [
    ...unreachable,
    ...(scopes ? [scopeLine(name, scopes)] : []),
    ...(other ? [failureLine(name, other, zone)] : []),
  ]
}

/** Not the same outage, noted a second time. */
function otherFailure({ failing, failure }: ProviderStatus): LastFailure | undefined {
  if (!failure || (failing && failure.code === 'provider_unreachable')) return undefined
  return failure
}

function timeOf(at: number | null, zone: string): string {
  return at === null ? 'never' : formatTime(at, zone)
}

function failureLine(name: string, { code, detail, mend, since, count }: LastFailure, zone: string): string {
  const times = count === 1 ? 'once' : `${count} times`
  return `${name}: failed ${times} since ${formatTime(since, zone)}: ${code} (${escapeControls(detail)}). To mend it: ${mend}`
}

/** Absent values are null in JSON. */
function scopeLine(name: string, { requested, missing }: NonNullable<ProviderStatus['scopes']>): string {
  const asked = escapeControls(requested.join(' '))
  return missing.length === 0
    ? `${name}: the provider refuses one of the scopes ${asked}: no one can sign in; permit them there, or set scopes`
    : `${name}: the provider does not grant ${escapeControls(missing.join(' '))} (requested: ${asked})`
}
