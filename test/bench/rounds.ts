// Interleaved rounds (A B C, C B A, ...), so that a slow moment of the machine affects all contenders.

export interface Row<Value> {
  readonly name: string
  readonly rounds: readonly Value[]
  /** Error, in which case no round is kept. */
  readonly failed: string | undefined
}

export interface Party<Value> {
  readonly name: string
  measure(round: number): Promise<Value>
}

export interface Interleaving {
  /** Default true: a warm-up round before the first. */
  readonly warm?: boolean
  /** Default true: every other round runs in reverse order. */
  readonly turning?: boolean
  readonly progress?: (round: number, name: string) => void
}

/**
 * Round 0 is warm-up for just-in-time compilers, and discarded. A contender that fails once is excluded, the others go
 * on. Never rejects.
 */
export async function interleave<Value>(
  parties: readonly Party<Value>[],
  rounds: number,
  { warm = true, turning = true, progress = () => {} }: Interleaving = {},
): Promise<Row<Value>[]> {
  const rows = parties.map((party) => ({ party, rounds: [] as Value[], failed: undefined as string | undefined }))
  for (let round = warm ? 0 : 1; round <= rounds; round++) {
    for (const row of turning && round > 0 && round % 2 === 0 ? rows.toReversed() : rows) {
      if (row.failed !== undefined) continue
      progress(round, row.party.name)
      try {
        const value = await row.party.measure(round)
        if (round > 0) row.rounds.push(value)
      } catch (error) {
        row.failed = reasonOf(error)
        row.rounds.length = 0
      }
    }
  }
  return rows.map(({ party, rounds, failed }) => ({ name: party.name, rounds, failed }))
}

/** One line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200)
}
