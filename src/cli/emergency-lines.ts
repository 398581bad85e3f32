// Prints running emergency access for `einlass status` and `einlass sessions`.

import type { EmergencyStatus } from '../server/management/status.ts'
import { escapeControls, formatTime } from './table.ts'

/** One line each. `zone`: IANA name. */
export function emergencyLine(one: EmergencyStatus, zone: string): string {
  const { app, reason, since, until, request } = one
  return [
    `EMERGENCY ACCESS to ${escapeControls(app)} is running: ${emergencyWho(one)}`,
    `since ${formatTime(since, zone)}, until ${formatTime(until, zone)}`,
    `reason: ${reason === null ? 'none' : quoted(reason)}`,
    `end it with: einlass requests revoke ${request}`,
  ].join('; ')
}

/** A name stated with an emergency code is in quotation marks and marked as such: it is not verified. */
export function emergencyWho({ who, name, statedName }: Pick<EmergencyStatus, 'who' | 'name' | 'statedName'>): string {
  if (name !== null) return `${escapeControls(name)} (${escapeControls(who)})`
  return statedName === null ? escapeControls(who) : `${quoted(statedName)} (stated name, ${escapeControls(who)})`
}

/** With quotation marks inside escaped, so that the text cannot end itself. */
function quoted(text: string): string {
  return escapeControls(JSON.stringify(text))
}
