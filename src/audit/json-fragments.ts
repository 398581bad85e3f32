// Pieces of JSON written by hand, for the lines that are made for every request.

import { printable } from '../telemetry/escape-control-characters.ts'
import { moment } from './decision-input.ts'

/** Nothing in it can end a line or mislead a terminal: see `printable.ts`. */
export function json(value: unknown): string {
  return printable(JSON.stringify(value))
}

const needsCare = /[^\x20-\x7e]|["\\]/

/** A string. */
export function text(value: string): string {
  return needsCare.test(value) ? json(value) : `"${value}"`
}

/** A member of an object with its comma; '' where there is no value. */
export function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${text(value)}`
}

/** Epoch milliseconds; JSON has no infinity, so that is written as text. */
export function instant(time: number): string {
  return Number.isFinite(time) ? String(time) : `"${moment(time)}"`
}
