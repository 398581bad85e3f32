// Ratios within a round, their median and spread.

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** `values / base`, round by round. Throws when the lengths differ. */
export function ratios(values: readonly number[], base: readonly number[]): number[] {
  if (values.length !== base.length) throw new Error(`${values.length} rounds cannot be compared with ${base.length}`)
  return values.map((value, at) => value / base[at]!)
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Quantile `part` (0 to 1) with linear interpolation. NaN for no values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** Two runs agree when their spreads overlap. */
export function agree(one: Spread, other: Spread): boolean {
  return one.min <= other.max && other.min <= one.max
}
