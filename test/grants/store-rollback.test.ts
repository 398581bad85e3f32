// Rollback of the store (restored backup, or a promoted replica that lagged): revocations are not lost.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../../src/audit/event.ts'
import { createGrants, type Grants } from '../../src/grants/grants.ts'
import { createChangeFeed } from '../../src/store/change-feed.ts'
import { openStore } from '../../src/store/open.ts'
import { createSeal } from '../../src/store/seal.ts'
import { startRedis, type RedisProcess } from '../support/redis.ts'

const admin: Actor = { kind: 'administrator', name: 'root' }
const seal = createSeal([randomBytes(32)])
const cleaning: (() => unknown)[] = []
let redis: RedisProcess

beforeAll(async () => {
  redis = await startRedis()
  cleaning.push(() => redis.stop())
})
afterAll(async () => {
  for (const clean of cleaning.splice(0).toReversed()) await clean()
})

async function node(): Promise<Grants> {
  const store = await openStore({ kind: 'redis', url: redis.url }, { now: Date.now })
  cleaning.push(() => store.close())
  const changes = createChangeFeed({ store, now: Date.now })
  cleaning.push(() => changes.stop())
  const grants = createGrants({ store, changes, seal, record: () => {}, now: Date.now })
  cleaning.push(() => grants.stop())
  await grants.load()
  return grants
}

test('a revoked grant stays revoked on every node, and is revoked in the store again', async () => {
  const [here, there] = [await node(), await node()]
  const wanted = {
    who: 'login|42',
    app: 'erp',
    level: 'full',
    from: Date.now(),
    until: Date.now() + 3_600_000,
  } as const
  const taken = await here.give({ ...wanted, schedule: undefined, sponsor: undefined, reason: undefined }, admin)
  const other = await here.give({ ...wanted, schedule: undefined, sponsor: undefined, reason: undefined }, admin)
  await redis.command('SAVE')
  await here.revoke(taken.id, admin)
  await expect.poll(() => revokedIn(there, taken.id), { timeout: 3_000 }).toBe(true)

  await redis.kill9()
  await redis.start()
  for (const since = Date.now(); Date.now() - since < 2_500;) {
    for (const one of [here, there]) expect(revokedIn(one, taken.id)).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  // A node started afterwards knows the revocation from the store.
  const late = await node()
  await expect.poll(() => revokedIn(late, taken.id), { timeout: 5_000 }).toBe(true)
  for (const one of [here, there, late]) expect(revokedIn(one, other.id)).toBe(false)
})

function revokedIn(grants: Grants, id: string): boolean {
  const grant = grants.all().find((one) => one.id === id)
  if (grant === undefined) throw new Error(`there is no grant ${id}`)
  return grant.revokedAt !== undefined
}
