// Watches an exchange for silence: one timer each, and no work per byte.

/**
 * Calls `onIdle` when `count` returned the same at four checks in a row: after `idle` milliseconds, exceeded by up to a
 * quarter. NaN is never the same, so that it stands for "not idle". Returns the timer, for `clearInterval`.
 */
export function watchIdle(idle: number, count: () => number, onIdle: () => void): NodeJS.Timeout {
  let last = count()
  let unchanged = 0
  return setInterval(() => {
    const current = count()
    unchanged = current === last ? unchanged + 1 : 0
    last = current
    if (unchanged >= 4) onIdle()
  }, idle / 4)
}
