// Continues with a value or a promise of it; synchronously, without allocating a promise, when the value is there.

/**
 * `step(value)` when `value` is not a promise, otherwise `value.then(step)`. What `step` throws is thrown in the first
 * case, and rejects the promise in the second.
 */
export function andThen<T, R>(value: T | Promise<T>, step: (value: T) => R): R | Promise<Awaited<R>> {
  return value instanceof Promise ? (value.then(step) as Promise<Awaited<R>>) : step(value)
}
