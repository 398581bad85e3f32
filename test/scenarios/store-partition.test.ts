// Network partition: one node loses the store while others go on; what ends on the others ends there too, without messages.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'
import { startInterruptibleProxy, type InterruptibleProxy } from '../support/interruptible-proxy.ts'

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let wire: InterruptibleProxy
let wiki: string

beforeAll(async () => {
  stage = await startTestEnvironment({ apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }] } } })
  wire = await startInterruptibleProxy(() => stage.redis.port)
  a = await stage.startNode('a')
  b = await stage.startNode('b', { store: `redis://127.0.0.1:${wire.port}` })
  wiki = stage.origin('wiki')
})
afterAll(async () => {
  await stage?.stop()
  await wire?.stop()
})

const ways = { cut: () => wire.cut(), held: async () => wire.hold() }

/** Milliseconds within the poll interval of the change log, since the moment of the partition must not matter. */
const phases = [0, 170, 340]

test.for((['cut', 'held'] as const).flatMap((how) => phases.map((phase) => ({ how, phase }))))(
  'the wire to the store is $how as a session ends elsewhere: nothing of it goes on for 2 s ($phase)',
  async ({ how, phase }, { annotate }) => {
    const [erika, thomas] = [stage.person('erika'), stage.person('thomas')]
    for (const person of [erika, thomas]) await person.signIn(wiki, b.port)
    const open = [await erika.socket(`${wiki}/live`, b.port), await erika.stream(`${wiki}/events`, b.port)]
    await pause(500 - (Date.now() % 500) + phase)
    await ways[how]()
    const since = Date.now()
    expect((await a.admin('POST', '/sessions/end', { user: 'erika@example.com' })).status).toBe(200)
    await Promise.race([Promise.all(open.map(({ ended }) => ended)), pause(5_000)])
    await annotate(`${how}: cut ${open.map((one) => one.lastAt() - since).join(', ')} ms after the end elsewhere`)
    for (const one of open) {
      expect(one.endedAt(), 'it is over').toBeDefined()
      expect(one.lastAt() - since).toBeLessThan(2_000)
    }
    expect((await erika.ask(wiki, b.port)).status).toBe(503)
    expect((await thomas.ask(wiki, b.port)).status).toBe(503)
    expect((await thomas.signIn(wiki, a.port)).status).toBe(200)

    await wire.mend()
    for (let waited = 0; (await thomas.ask(wiki, b.port)).status !== 200; waited += 50) {
      if (waited > 6_000) throw new Error('it did not recover')
      await pause(50)
    }
    const answer = await erika.ask(wiki, b.port)
    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.body)).toMatchObject({ reasons: [{ code: 'session_revoked' }] })
  },
)
