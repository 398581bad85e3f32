// Continues with a value that is there or promised: at once where nothing has to be awaited, without a promise of its own.

/**
 * `step(value)` where `value` is no promise, otherwise `value.then(step)`. Where nothing waits it is a plain call: what
 * `step` throws is thrown here; of a promised value it is a rejection.
 */
export function andThen<T, R>(value: T | Promise<T>, step: (value: T) => R): R | Promise<Awaited<R>> {
  return value instanceof Promise ? (value.then(step) as Promise<Awaited<R>>) : step(value)
}
