// Pieces of JSON written by hand, for the lines that are made for every request.

import { escapeControlCharacters } from '../telemetry/escape-control-characters.ts'
import { moment } from './decision-input.ts'

/** Nothing in it can end a line or mislead a terminal: see `printable.ts`. */
export function jsonValue(value: unknown): string {
  return escapeControlCharacters(JSON.stringify(value))
}

const mustEscape = /[^\x20-\x7e]|["\\]/

/** A string. */
export function jsonString(value: string): string {
  return mustEscape.test(value) ? jsonValue(value) : `"${value}"`
}

/** A member of an object with its comma; '' where there is no value. */
export function optionalMember(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${jsonString(value)}`
}

/** Epoch milliseconds; JSON has no infinity, so that is written as text. */
export function jsonTime(time: number): string {
  return Number.isFinite(time) ? String(time) : `"${moment(time)}"`
}
