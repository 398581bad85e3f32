// Request numbering: a node that fails between listing a request and creating it leaves a gap; the next request follows
// its predecessor, and no number is used twice.

import { expect, test } from 'vitest'
import { createRequestRecords } from '../../../src/grants/requests/records.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { acting, anna, ben, boss, day, hour, minute, openNode, refusal, start, wanted } from './environment.ts'
import { createFailingStore } from '../../model/failing-store.ts'

const crash = { bytes: 0, milliseconds: 0, survives: false } as const

async function setUp() {
  const clock = { at: start }
  const now = () => clock.at
  const store = createMemoryStore({ now })
  const faults = createFailingStore(store)
  return {
    clock,
    now,
    store,
    faults,
    failingNode: await openNode(faults.store, now),
    healthyNode: await openNode(store, now),
  }
}

test('an extension that was only listed does not allow a second grant', async () => {
  const { store, faults, failingNode, healthyNode } = await setUp()
  const { id } = await healthyNode.requests.create(wanted(), acting(anna))
  const { grant } = await healthyNode.requests.approve(id, {}, acting(boss))
  // Counted, listed in both sets, but never created.
  faults.breakAt({ ...crash, moment: 'after', write: 3 })
  await refusal(failingNode.requests.create(wanted({ extends: grant! }), acting(anna)))
  expect(await refusal(healthyNode.requests.create(wanted(), acting(anna)))).toBe('already_granted')
  expect(await healthyNode.requests.create(wanted({ extends: grant! }), acting(anna))).toMatchObject({ extends: grant })
  for (const node of [failingNode, healthyNode]) await node.stop()
  await store.close()
})

test.each([4, 5])('a node that fails at write %i of a creation leaves no number that is reused', async (write) => {
  const { clock, now, store, faults, failingNode, healthyNode } = await setUp()
  faults.breakAt({ ...crash, moment: 'after', write })
  await refusal(failingNode.requests.create(wanted({ duration: 10 * minute }), acting(ben)))
  await healthyNode.requests.load()
  const [asked] = healthyNode.requests.all()
  await healthyNode.requests.approve(asked!.id, {}, acting(boss))
  clock.at += 91 * day + hour
  const records = createRequestRecords({ store, seal: createSeal([Buffer.alloc(32, 3)]), now })
  expect(await records.readAll()).toEqual([])
  expect((await healthyNode.requests.create(wanted(), acting(ben))).id).not.toBe(asked!.id)
  for (const node of [failingNode, healthyNode]) await node.stop()
  await store.close()
})
