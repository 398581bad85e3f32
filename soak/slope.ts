// How much something grows: a line through samples, and whether that is growth or only noise.

export interface Sample {
  /** Milliseconds since the beginning. */
  readonly at: number
  readonly value: number
}

export interface Slope {
  /** Per minute, by least squares over the second half. */
  readonly perMinute: number
  /** Along that line, over the second half. */
  readonly rise: number
  readonly first: number
  readonly last: number
}

/**
 * The second half: the first belongs to warming up. Of each window the smallest value, since a garbage collector makes
 * saw teeth and only what is left after it has been kept.
 */
export function slopeOf(samples: readonly Sample[], windows = 12): Slope {
  const end = samples.at(-1)?.at ?? 0
  const half = samples.filter(({ at }) => at >= end / 2)
  const width = Math.max(1, (end - end / 2) / windows)
  const lowest = new Map<number, Sample>()
  for (const sample of half) {
    const window = Math.min(windows - 1, Math.floor((sample.at - end / 2) / width))
    const known = lowest.get(window)
    if (known === undefined || sample.value < known.value) lowest.set(window, sample)
  }
  const points = [...lowest.values()]
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / (values.length || 1)
  const x = mean(points.map(({ at }) => at))
  const y = mean(points.map(({ value }) => value))
  const above = points.reduce((sum, { at, value }) => sum + (at - x) * (value - y), 0)
  const below = points.reduce((sum, { at }) => sum + (at - x) ** 2, 0)
  const perMillisecond = below === 0 ? 0 : above / below
  return {
    perMinute: perMillisecond * 60_000,
    rise: (perMillisecond * end) / 2,
    first: samples[0]?.value ?? 0,
    last: samples.at(-1)?.value ?? 0,
  }
}
