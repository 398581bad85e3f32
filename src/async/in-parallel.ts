// Runs one step for each of many items, a few at a time.

/** Resolves when all have ended. Rejects then with the first error; the others ran all the same. */
export async function inParallel<T>(
  limit: number,
  items: readonly T[],
  step: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  const errors: unknown[] = []
  const worker = async (): Promise<void> => {
    for (const item of waiting) await step(item).catch((error: unknown) => void errors.push(error))
  }
  await Promise.all(Array.from({ length: limit }, worker))
  if (errors.length > 0) throw errors[0]
}
