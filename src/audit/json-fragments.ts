// Hand-written JSON serialization of single values and members, for audit lines on the hot path.

import { escapeControlCharacters } from '../telemetry/escape-control-characters.ts'
import { moment } from './decision-input.ts'

/** Escapes control characters, so that a value can neither end a line nor control a terminal. */
export function jsonValue(value: unknown): string {
  return escapeControlCharacters(JSON.stringify(value))
}

const mustEscape = /[^\x20-\x7e]|["\\]/

/** A JSON string. */
export function jsonString(value: string): string {
  return mustEscape.test(value) ? jsonValue(value) : `"${value}"`
}

/** An object member with a leading comma; '' for undefined. */
export function optionalMember(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${jsonString(value)}`
}

/** Epoch milliseconds; JSON has no infinity, so that is written as a string. */
export function jsonTime(time: number): string {
  return Number.isFinite(time) ? String(time) : `"${moment(time)}"`
}
