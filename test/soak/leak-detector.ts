// Leak detector: least-squares slope of samples, and the limits above which it counts as growth.

export interface Sample {
  /** Milliseconds since the start. */
  readonly at: number
  readonly value: number
}

export interface GrowthTrend {
  /** Slope per minute, by least squares over the second half. */
  readonly perMinute: number
  readonly first: number
  readonly last: number
}

/**
 * Limits per minute; each alone indicates growth. README.md explains the numbers.
 * `live`: megabytes after a full collection. `resident`: megabytes of RSS, which also covers leaks outside the heap.
 * `handles`: open files and sockets; one leaked with each kill of Redis exceeds it.
 */
export const limits = { live: 0.25, resident: 0.5, handles: 1 }

/** Minimum minutes: in a shorter run the second half is still warm-up. */
export const minMinutes = 10

export function isLeak(samples: readonly Sample[], perMinute: number): boolean {
  // Written so that no samples or NaN count as growth.
  return samples.length < 2 || !(trendOf(samples).perMinute <= perMinute)
}

/**
 * The second half only, since the first is warm-up. The minimum of each window, since garbage collection causes a
 * sawtooth of which only the troughs are retained memory.
 */
export function trendOf(samples: readonly Sample[], windows = 12): GrowthTrend {
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
    first: samples[0]?.value ?? 0,
    last: samples.at(-1)?.value ?? 0,
  }
}
