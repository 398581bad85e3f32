// How much something grows: a line through samples, and what is called growing.

export interface Sample {
  /** Milliseconds since the beginning. */
  readonly at: number
  readonly value: number
}

export interface Slope {
  /** Per minute, by least squares over the second half. */
  readonly perMinute: number
  readonly first: number
  readonly last: number
}

/**
 * A minute; each on its own says that something grows. README.md says where the numbers come from.
 * `live`: megabytes left after a full collection. `resident`: megabytes the system counts, which also finds what is
 * leaked outside the heap. `handles`: open files and sockets; one lost with each kill of Redis is more.
 */
export const limits = { live: 0.25, resident: 0.5, handles: 1 }

/** Minutes. Before that a node is still warming up in what is called the second half, and nothing can be said. */
export const leastMinutes = 10

export function grows(samples: readonly Sample[], perMinute: number): boolean {
  // Written so that no samples, or what is no number, proves nothing either.
  return samples.length < 2 || !(slopeOf(samples).perMinute <= perMinute)
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
    first: samples[0]?.value ?? 0,
    last: samples.at(-1)?.value ?? 0,
  }
}
