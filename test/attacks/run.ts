// Runs suites of attacks in one environment, one after the other, and collects the outcomes.

import { NotApplicable, NotHeld, type AttackClass, type AttackTable } from './case.ts'
import { controls } from './control-requests.ts'
import { classOf, variantsOf, type CorpusCase } from './corpus.ts'
import { domain, type Ground } from './environment.ts'
import { runRaw, stillWell } from './run-raw-attack.ts'

export interface Ended {
  readonly class: AttackClass
  readonly name: string
  readonly origin: 'own' | 'corpus'
  readonly core: boolean
  readonly outcome: 'held' | 'not held' | 'not applicable'
  /** Why it does not apply, or the expected and actual result. */
  readonly detail: string | undefined
  /** Remark on how it was blocked. */
  readonly note?: string
}

/** Rejects when a control request without an attack fails: then the results prove nothing. */
export async function runControls(ground: Ground): Promise<void> {
  for (const control of controls) await control.run(ground)
}

export async function runTable(ground: Ground, table: AttackTable): Promise<Ended[]> {
  const ended: Ended[] = []
  for (const attack of table.raw ?? []) {
    ended.push(await own(table.class, attack.name, () => runRaw(ground, attack), ground))
  }
  for (const check of table.checks ?? []) {
    ended.push(await own(table.class, check.name, () => check.run(ground), ground))
  }
  return ended
}

async function own(
  name: AttackClass,
  attack: string,
  run: () => Promise<string | void>,
  ground: Ground,
): Promise<Ended> {
  return {
    class: name,
    name: attack,
    origin: 'own',
    core: false,
    ...(await outcomeOf(async () => {
      const note = await run()
      await stillWell(ground)
      return note
    })),
  }
}

/** Runs a corpus case of raw bytes. */
export async function runCorpusCase(ground: Ground, one: CorpusCase): Promise<Ended> {
  const outcome = await outcomeOf(async () => {
    for (const variant of variantsOf(one)) {
      const servername = `${variant.app}.${domain}`
      await runRaw({ ...ground, send: (bytes, how) => ground.send(bytes, { servername, ...how }) }, variant)
      await stillWell(ground)
      if (variant.app === 'access') await controls.at(-1)!.run(ground)
    }
  })
  return { ...identified(one), ...outcome }
}

/** Outcome of a corpus case covered by built-in checks, all of which must have passed. */
export function corpusCaseBy(one: CorpusCase, checks: readonly Ended[]): Ended {
  const failed = checks.find(({ outcome }) => outcome !== 'held')
  return {
    ...identified(one),
    outcome: failed === undefined ? 'held' : failed.outcome,
    detail: failed === undefined ? undefined : `${failed.name}: ${failed.detail}`,
  }
}

export function corpusCaseNotApplicable(one: CorpusCase, reason: string): Ended {
  return { ...identified(one), outcome: 'not applicable', detail: reason }
}

function identified(one: CorpusCase): Pick<Ended, 'class' | 'name' | 'origin' | 'core'> {
  return { class: classOf(one), name: `${one.id} ${one.title}`, origin: 'corpus', core: one.core }
}

async function outcomeOf(run: () => Promise<string | void>): Promise<Pick<Ended, 'outcome' | 'detail' | 'note'>> {
  try {
    const note = await run()
    return { outcome: 'held', detail: undefined, ...(note !== undefined && { note }) }
  } catch (error) {
    if (error instanceof NotApplicable) return { outcome: 'not applicable', detail: error.message }
    const detail = error instanceof NotHeld ? error.message : ((error as Error).stack ?? String(error))
    return { outcome: 'not held', detail }
  }
}
