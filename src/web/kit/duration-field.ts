// Form field for a duration: up to five suggested durations as radio buttons, or an amount with a unit.

import { choices, select, textInput, type Choice } from './form-fields.ts'
import { texts, type Language } from './language.ts'
import { formatDuration } from './format-duration.ts'
import type { Fields } from './form.ts'
import type { Html } from './html.ts'

/** Field values as submitted: `length` in milliseconds, or `own` with an amount and its unit. */
export interface DurationInput {
  readonly length: string
  readonly amount: string
  readonly unit: string
}

export function readDuration(fields: Fields): DurationInput {
  return {
    length: (fields('length') ?? '').slice(0, 20),
    amount: (fields('amount') ?? '').trim().slice(0, 20),
    unit: (fields('unit') ?? '').slice(0, 20),
  }
}

export function durationField(field: {
  readonly label: string
  readonly hint?: string
  readonly typed: DurationInput
  /** Milliseconds; `preferred` is chosen when nothing was typed. */
  readonly max: number
  readonly min?: number
  readonly preferred: number
  readonly mistake?: string | undefined
  readonly language: Language
  /** Hint shown beside the requested duration (milliseconds). */
  readonly asked?: { readonly length: number; readonly label: string }
}): Html {
  const { typed, max, min = 0, preferred, language, asked, mistake } = field
  const say = words[language]
  const offered = suggestedDurations(max, min, preferred)
  const chosen = typed.length === '' ? String(preferred) : typed.length
  const known = chosen === 'own' || offered.includes(Number(chosen))
  const list: Choice[] = offered.map((length) => ({
    value: String(length),
    label: formatDuration(length, language),
    hint: asked?.length === length && asked.label,
  }))
  const amount = textInput({
    name: 'amount',
    label: say.amount,
    type: 'number',
    value: typed.amount,
    beside: select({
      name: 'unit',
      label: say.unit,
      value: typed.unit === '' ? 'hours' : typed.unit,
      list: Object.keys(units).map((unit) => ({ value: unit, label: say.units[unit as Unit] })),
    }),
    mistake: undefined,
    hint: say.atMost(formatDuration(max, language)),
  })
  list.push({ value: 'own', label: say.own, more: amount })
  const value = known ? chosen : 'own'
  return choices({ name: 'length', label: field.label, hint: field.hint, mistake, list, value, compact: true })
}

/** Milliseconds; undefined when the input is not a duration. Limits are checked by the caller. */
export function durationOf({ length, amount, unit }: DurationInput): number | undefined {
  if (length !== 'own') return /^\d{1,13}$/.test(length) && Number(length) > 0 ? Number(length) : undefined
  if (!/^\d{1,6}(?:[.,]\d{1,3})?$/.test(amount) || !Object.hasOwn(units, unit)) return undefined
  const milliseconds = Math.round(Number(amount.replace(',', '.')) * units[unit as Unit])
  return milliseconds > 0 ? milliseconds : undefined
}

type Unit = keyof typeof units

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const units = { minutes: minute, hours: hour, days: day } as const
const commonDurations = [
  15 * minute,
  30 * minute,
  ...[1, 2, 4, 8, 12].map((hours) => hours * hour),
  ...[1, 2, 3, 7, 14, 30, 60, 90].map((days) => days * day),
]

/** At most five durations in ascending order, always including `max` and `preferred`. */
function suggestedDurations(max: number, min: number, preferred: number): readonly number[] {
  const fitting = commonDurations.filter((length) => length >= Math.max(min, max / 20) && length < max)
  const wanted = new Set([...fitting, max, preferred].filter((length) => length <= max))
  const all = [...wanted].toSorted((a, b) => a - b)
  while (all.length > 5) {
    // The first entry goes while more than six remain, then the smallest in between.
    const at = all.findIndex((length, index) => index >= 1 && length !== preferred && length !== max)
    all.splice(all.length > 6 || at === -1 ? 0 : at, 1)
  }
  return all
}

const words = texts({
  en: {
    own: 'another duration',
    amount: 'Duration',
    unit: 'Unit',
    units: { minutes: 'minutes', hours: 'hours', days: 'days' },
    atMost: (length: string) => `at most ${length}`,
  },
  de: {
    own: 'andere Dauer',
    amount: 'Dauer',
    unit: 'Einheit',
    units: { minutes: 'Minuten', hours: 'Stunden', days: 'Tage' },
    atMost: (length) => `höchstens ${length}`,
  },
})
