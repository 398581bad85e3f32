// Counts wrong emergency codes per address block and reports them as one finding per period, across all nodes.
//
// It never refuses a code that is right: 125 random bits need no lock, and a lock that strangers can fill would shut out
// the one person with the paper. Counts are kept in memory and written every few seconds, so that a flood of wrong codes
// costs the store nothing but the look-up of each.

import { createHash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Origin, Recorder } from '../../audit/event.ts'
import { addressBlock } from '../../config/address-block.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'

export interface WrongCodes {
  /** Counts one wrong code: whether its address block has sent too many to this process. Rejects without the store. */
  count(origin: Origin): Promise<'wrong' | 'throttled'>
  /** Writes the counts of this process, and reports the last period if it is over. Called every few seconds. Never rejects. */
  flush(): Promise<void>
  /** Writes the counts of this process a last time. */
  stop(): Promise<void>
}

export interface WrongCodesDependencies {
  readonly store: Pick<Store, 'add' | 'get' | 'set' | 'addMember' | 'members' | 'getMany'>
  readonly record: Recorder
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log?: Logger | undefined
}

/** Milliseconds. Periods begin at multiples of it, so that all nodes agree on them. */
export const wrongCodePeriod = 15 * 60_000
/** Wrong codes of one address block per period and process; the answer to more of them is 429. */
export const maxWrongCodes = 10
/** Milliseconds between two writes of the counts. */
const flushInterval = 5_000
/** Address blocks remembered per period and process. */
const maxBlocks = 20_000
/** Address blocks written to the store per process, so that all processes together count each once. */
const maxListedBlocks = 2_000
const retention = 3 * wrongCodePeriod

/** Counts of one process in one period, as written to the store: hashes of address blocks, or just their number. */
interface Counts {
  readonly codes: number
  readonly blocks: readonly string[]
  readonly moreBlocks: number
}

interface Tally {
  readonly period: number
  codes: number
  flushed: number
  /** Wrong codes by hash of the address block. */
  readonly blocks: LRUCache<string, number>
  blockCount: number
}

export function createWrongCodes({ store, record, now, log }: WrongCodesDependencies): WrongCodes {
  const self = randomBytes(8).toString('hex')
  let tally = newTally(periodAt(now()))
  /** Of the last period, when its last counts are not written yet. */
  let pending: Tally | undefined
  let reported: number | undefined
  let flushing = Promise.resolve()
  const timer = setInterval(() => void flush(), flushInterval)
  timer.unref()

  function flush(): Promise<void> {
    flushing = flushing.then(flushNow).catch((error: unknown) => {
      log?.warn({ err: error }, 'wrong emergency codes could not be reported yet; will retry')
    })
    return flushing
  }

  async function flushNow(): Promise<void> {
    turnPeriod()
    if (pending !== undefined) {
      await write(pending)
      pending = undefined
    }
    await write(tally)
    const last = periodAt(now()) - 1
    // The other processes write their last counts first.
    if (reported === last || now() < (last + 1) * wrongCodePeriod + 2 * flushInterval) return
    await report(last)
    reported = last
  }

  function turnPeriod(): void {
    const period = periodAt(now())
    if (tally.period === period) return
    if (tally.codes > tally.flushed) pending = tally
    tally = newTally(period)
  }

  async function write(counts: Tally): Promise<void> {
    const { period, codes, blocks, blockCount } = counts
    if (codes === counts.flushed) return
    const listed = [...blocks.keys()].slice(0, maxListedBlocks)
    const value: Counts = { codes, blocks: listed, moreBlocks: blockCount - listed.length }
    await store.addMember(`emergency-wrong:${period}`, self, retention)
    await store.set(`emergency-wrong:${period}:${self}`, JSON.stringify(value), retention)
    counts.flushed = codes
  }

  /** Set-if-absent: one process reports the period, with the counts of all. */
  async function report(period: number): Promise<void> {
    const processes = await store.members(`emergency-wrong:${period}`)
    if (processes.length === 0) return
    const texts = await store.getMany(processes.map((one) => `emergency-wrong:${period}:${one}`))
    const counts = texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Counts]))
    const codes = counts.reduce((sum, one) => sum + one.codes, 0)
    const more = counts.reduce((sum, one) => sum + one.moreBlocks, 0)
    const blocks = new Set(counts.flatMap((one) => one.blocks)).size + more
    // A single wrong code was reported when it was entered, unless it followed others.
    if (codes === 1 && (await store.get(firstKey(period - 1))) === undefined) return
    if (!(await store.add(`emergency-wrong-told:${period}`, '1', retention))) return
    const title = codes > maxWrongCodes ? 'Emergency codes are being guessed' : 'Wrong emergency codes'
    const [ofCodes, ofBlocks] = [codes === 1 ? 'code' : 'codes', blocks === 1 ? 'block' : 'blocks']
    const minutes = wrongCodePeriod / 60_000
    const detail = `${codes} wrong ${ofCodes} from ${blocks} address ${ofBlocks} within ${minutes} minutes; a right code is accepted all the same`
    const severity = codes > maxWrongCodes ? 'high' : 'medium'
    record({ kind: 'finding', at: now(), actor: { kind: 'stranger' }, origin: undefined, title, detail, severity })
  }

  return {
    async count(origin) {
      turnPeriod()
      const { period, blocks } = tally
      const block = createHash('sha256').update(addressBlock(origin.address)).digest('hex').slice(0, 12)
      const ofBlock = (blocks.get(block) ?? 0) + 1
      if (ofBlock === 1) tally.blockCount++
      blocks.set(block, ofBlock)
      tally.codes++
      // The first one after a quiet period is reported at once; what follows is reported in one finding at its end.
      if (
        tally.codes === 1 &&
        (await store.add(firstKey(period), '1', retention)) &&
        (await store.get(firstKey(period - 1))) === undefined
      ) {
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
    flush,
    stop() {
      clearInterval(timer)
      return flush()
    },
  }
}

function newTally(period: number): Tally {
  return { period, codes: 0, flushed: 0, blocks: new LRUCache<string, number>({ max: maxBlocks }), blockCount: 0 }
}

function firstKey(period: number): string {
  return `emergency-wrong-first:${period}`
}

function periodAt(at: number): number {
  return Math.floor(at / wrongCodePeriod)
}
