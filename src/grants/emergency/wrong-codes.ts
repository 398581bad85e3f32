// Counts wrong emergency codes per address block and reports them as one finding per period, across all nodes.
//
// It never refuses a code that is right: 125 random bits need no lock, and a lock that strangers can fill would shut out
// the one person with the paper. Counting slows down nobody but those who send wrong codes, and bounds what they write.

import { createHash } from 'node:crypto'
import type { Origin, Recorder } from '../../audit/event.ts'
import { addressBlock } from '../../config/address-block.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'

export interface WrongCodes {
  /** Counts one wrong code: whether its address block has sent too many. Rejects when the store is unreachable. */
  count(origin: Origin): Promise<'wrong' | 'throttled'>
  /** Reports the periods that have ended. Called every few seconds; never rejects. */
  reportEnded(): Promise<void>
  stop(): void
}

export interface WrongCodesDependencies {
  readonly store: Pick<Store, 'add' | 'get' | 'increment'>
  readonly record: Recorder
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log?: Logger | undefined
}

/** Milliseconds. Periods begin at multiples of it, so that all nodes agree on them. */
export const wrongCodePeriod = 15 * 60_000
/** Wrong codes of one address block per period; the answer to more of them is 429. */
export const maxWrongCodes = 10
/** Milliseconds: how late the report of a period may be. */
const checkInterval = 5_000

export function createWrongCodes({ store, record, now, log }: WrongCodesDependencies): WrongCodes {
  /** Periods in which this node has seen a wrong code and that are not reported yet. */
  const unreported = new Set<number>()
  const timer = setInterval(() => void reportEnded(), checkInterval)
  timer.unref()

  async function reportEnded(): Promise<void> {
    const current = periodAt(now())
    for (const period of unreported) {
      if (period >= current) continue
      try {
        await report(period)
        unreported.delete(period)
      } catch (error) {
        // Without the store no code can be entered either. The counters are kept for another period.
        if (period < current - 1) unreported.delete(period)
        log?.warn({ err: error }, 'wrong emergency codes could not be reported yet')
      }
    }
  }

  /** Set-if-absent: one node reports it, with the count of all. A single wrong code was reported when it was entered. */
  async function report(period: number): Promise<void> {
    const [codes, blocks] = [await counted(`${period}`), await counted(`${period}:blocks`)]
    const reportedAtOnce = (await counted(`${period - 1}`)) === 0
    if (codes === 0 || (codes === 1 && reportedAtOnce)) return
    if (!(await store.add(`emergency-wrong-told:${period}`, '1', 2 * wrongCodePeriod))) return
    const title = codes > maxWrongCodes ? 'Emergency codes are being guessed' : 'Wrong emergency codes'
    const detail = `${codes} wrong codes from ${blocks} address ${blocks === 1 ? 'block' : 'blocks'} within ${wrongCodePeriod / 60_000} minutes; a right code is accepted all the same`
    const severity = codes > maxWrongCodes ? 'high' : 'medium'
    record({ kind: 'finding', at: now(), actor: { kind: 'stranger' }, origin: undefined, title, detail, severity })
  }

  async function counted(what: string): Promise<number> {
    return Number((await store.get(`emergency-wrong:${what}`)) ?? 0)
  }

  return {
    async count(origin) {
      const period = periodAt(now())
      const keep = 3 * wrongCodePeriod
      const block = createHash('sha256').update(addressBlock(origin.address, 56)).digest('hex').slice(0, 20)
      unreported.add(period)
      const ofBlock = await store.increment(`emergency-wrong:${period}:${block}`, keep)
      if (ofBlock === 1) await store.increment(`emergency-wrong:${period}:blocks`, keep)
      const all = await store.increment(`emergency-wrong:${period}`, keep)
      // The first one after a quiet period is reported at once; what follows is reported in one finding at its end.
      if (all === 1 && (await counted(`${period - 1}`)) === 0) {
        record({
          kind: 'finding',
          at: now(),
          actor: { kind: 'stranger' },
          origin,
          title: 'A wrong emergency code',
          detail:
            'wrong, used, revoked, expired, or for an app that takes none; more of them are reported in one finding',
          severity: 'medium',
        })
      }
      return ofBlock > maxWrongCodes ? 'throttled' : 'wrong'
    },
    reportEnded,
    stop: () => clearInterval(timer),
  }
}

function periodAt(at: number): number {
  return Math.floor(at / wrongCodePeriod)
}
