// Runs suites of attacks in one environment, one after the other, and collects the outcomes.

import { NotApplicable, AttackSucceeded, type AttackClass, type AttackSuite } from './case.ts'
import { controls } from './control-requests.ts'
import { classOf, variantsOf, type CorpusCase } from './corpus.ts'
import { domain, type Environment } from './environment.ts'
import { runRawAttack, checkHealthy } from './run-raw-attack.ts'

export interface AttackResult {
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
export async function runControls(ground: Environment): Promise<void> {
  for (const control of controls) await control.run(ground)
}

export async function runSuite(ground: Environment, table: AttackSuite): Promise<AttackResult[]> {
  const ended: AttackResult[] = []
  for (const attack of table.raw ?? []) {
    ended.push(await own(table.class, attack.name, () => runRawAttack(ground, attack), ground))
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
  ground: Environment,
): Promise<AttackResult> {
  return {
    class: name,
    name: attack,
    origin: 'own',
    core: false,
    ...(await outcomeOf(async () => {
      const note = await run()
      await checkHealthy(ground)
      return note
    })),
  }
}

/** Runs a corpus case of raw bytes. */
export async function runCorpusCase(ground: Environment, one: CorpusCase): Promise<AttackResult> {
  const outcome = await outcomeOf(async () => {
    for (const variant of variantsOf(one)) {
      const servername = `${variant.app}.${domain}`
      await runRawAttack({ ...ground, send: (bytes, how) => ground.send(bytes, { servername, ...how }) }, variant)
      await checkHealthy(ground)
      if (variant.app === 'access') await controls.at(-1)!.run(ground)
    }
  })
  return { ...identified(one), ...outcome }
}

/** Outcome of a corpus case covered by built-in checks, all of which must have passed. */
export function corpusCaseBy(one: CorpusCase, checks: readonly AttackResult[]): AttackResult {
  const failed = checks.find(({ outcome }) => outcome !== 'held')
  return {
    ...identified(one),
    outcome: failed === undefined ? 'held' : failed.outcome,
    detail: failed === undefined ? undefined : `${failed.name}: ${failed.detail}`,
  }
}

export function corpusCaseNotApplicable(one: CorpusCase, reason: string): AttackResult {
  return { ...identified(one), outcome: 'not applicable', detail: reason }
}

function identified(one: CorpusCase): Pick<AttackResult, 'class' | 'name' | 'origin' | 'core'> {
  return { class: classOf(one), name: `${one.id} ${one.title}`, origin: 'corpus', core: one.core }
}

async function outcomeOf(
  run: () => Promise<string | void>,
): Promise<Pick<AttackResult, 'outcome' | 'detail' | 'note'>> {
  try {
    const note = await run()
    return { outcome: 'held', detail: undefined, ...(note !== undefined && { note }) }
  } catch (error) {
    if (error instanceof NotApplicable) return { outcome: 'not applicable', detail: error.message }
    const detail = error instanceof AttackSucceeded ? error.message : ((error as Error).stack ?? String(error))
    return { outcome: 'not held', detail }
  }
}
