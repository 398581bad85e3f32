// A node that dies between listing a request and making it leaves a number that nobody has: what is asked next still
// follows what was there before, and no number is had twice.

import { expect, test } from 'vitest'
import { createRequestRecords } from '../../../src/grants/requests/records.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { acting, anna, ben, boss, day, hour, minute, openNode, refusal, start, wanted } from './environment.ts'
import { createWay } from '../../model/failing-store.ts'

const dying = { bytes: 0, milliseconds: 0, survives: false } as const

async function house() {
  const clock = { at: start }
  const now = () => clock.at
  const store = createMemoryStore({ now })
  const way = createWay(store)
  return { clock, now, store, way, doomed: await openNode(way.store, now), left: await openNode(store, now) }
}

test('an extension that was only listed does not let its grant be given a second time', async () => {
  const { store, way, doomed, left } = await house()
  const { id } = await left.requests.create(wanted(), acting(anna))
  const { grant } = await left.requests.approve(id, {}, acting(boss))
  // Counted, listed with all, listed in the chain: and never made.
  way.breakAt({ ...dying, moment: 'after', write: 3 })
  await refusal(doomed.requests.create(wanted({ extends: grant! }), acting(anna)))
  expect(await refusal(left.requests.create(wanted(), acting(anna)))).toBe('already_granted')
  expect(await left.requests.create(wanted({ extends: grant! }), acting(anna))).toMatchObject({ extends: grant })
  for (const node of [doomed, left]) await node.stop()
  await store.close()
})

test.each([4, 5])('a node that dies at write %i of asking leaves no number that is had again', async (write) => {
  const { clock, now, store, way, doomed, left } = await house()
  way.breakAt({ ...dying, moment: 'after', write })
  await refusal(doomed.requests.create(wanted({ duration: 10 * minute }), acting(ben)))
  await left.requests.load()
  const [asked] = left.requests.all()
  await left.requests.approve(asked!.id, {}, acting(boss))
  clock.at += 91 * day + hour
  const records = createRequestRecords({ store, seal: createSeal([Buffer.alloc(32, 3)]), now })
  expect(await records.readAll()).toEqual([])
  expect((await left.requests.create(wanted(), acting(ben))).id).not.toBe(asked!.id)
  for (const node of [doomed, left]) await node.stop()
  await store.close()
})
