// Node failure (kill -9) under load: no session is lost, no request wrongly allowed, and no acknowledged write lost.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Grant } from '../../src/policy/grant.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let wiki: string
let erp: string

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      wiki: { policy: [{ allow: { groups: ['staff'] } }] },
      erp: { policy: [{ allow: { grant: 'required' } }] },
    },
  })
  a = await stage.startNode('a')
  b = await stage.startNode('b')
  wiki = stage.origin('wiki')
  erp = stage.origin('erp')
})
afterAll(() => stage?.stop())

interface Load {
  readonly statuses: Map<number | string, number>
  stop(): Promise<void>
}

/** Sends about 50 requests a second and counts the results. */
function load(person: Person, url: string, port: number): Load {
  const statuses = new Map<number | string, number>()
  const under = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const one = person
      .ask(url, port)
      .then(
        ({ status }) => status,
        (error: NodeJS.ErrnoException) => error.code ?? 'failed',
      )
      .then((status) => void statuses.set(status, (statuses.get(status) ?? 0) + 1))
      .finally(() => under.delete(one))
    under.add(one)
  }, 20)
  return {
    statuses,
    async stop() {
      clearInterval(timer)
      await Promise.all(under)
    },
  }
}

test('kill -9 of one node under load: sessions continue, denials stay denials, acknowledged grants remain', async ({
  annotate,
}) => {
  const [erika, thomas, miro] = [stage.person('erika'), stage.person('thomas'), stage.person('miro')]
  await erika.signIn(wiki, a.port)
  await thomas.signIn(wiki, a.port)
  expect((await miro.signIn(wiki, a.port)).status).toBe(403)
  const socket = await erika.socket(`${wiki}/live`, b.port)

  const allowed = { a: load(erika, wiki, a.port), b: load(erika, wiki, b.port) }
  const denied = { a: load(miro, wiki, a.port), b: load(miro, wiki, b.port) }
  const command = await a.cli('grants', 'add', '--who', 'company|miro', '--app', 'erp', '--for', '1h', '--json')
  expect(command.code).toBe(0)
  const acknowledged = [(JSON.parse(command.stdout) as Grant).id]
  const killed = new AbortController()
  const giving = (async () => {
    while (!killed.signal.aborted) {
      const until = Date.now() + 3_600_000
      const given = await a.admin('POST', '/grants', { who: 'company|ada', app: 'erp', until }).catch(() => undefined)
      if (given?.status === 200) acknowledged.push((given.value as Grant).id)
    }
  })()
  await pause(1_500)
  // Also during a sign-in: this user is at the provider, and returns to the other node.
  const ada = stage.person('ada')
  const started = await ada.ask(wiki, a.port, { page: true })
  await a.kill9()
  killed.abort()
  await giving
  expect((await ada.signIn(started.headers.location!, b.port)).status).toBe(200)
  await pause(1_500)
  for (const one of [allowed.a, allowed.b, denied.a, denied.b]) await one.stop()

  await annotate(`allowed on the survivor: ${JSON.stringify([...allowed.b.statuses])}`)
  await annotate(`denied on the survivor: ${JSON.stringify([...denied.b.statuses])}`)
  expect([...allowed.b.statuses.keys()]).toEqual([200])
  expect([...denied.b.statuses.keys()]).toEqual([403])
  expect(allowed.b.statuses.get(200)).toBeGreaterThan(50)
  // Through the killed node: correct responses before, none after.
  const numbers = (statuses: Load['statuses']) => [...statuses.keys()].filter((status) => typeof status === 'number')
  expect(numbers(allowed.a.statuses)).toEqual([200])
  expect(numbers(denied.a.statuses)).toEqual([403])

  await socket.echo('still here')
  expect((await thomas.ask(wiki, b.port)).status).toBe(200)
  const { value } = await b.admin('GET', '/grants')
  const there = new Set((value as Grant[]).map(({ id }) => id))
  await annotate(`grants acknowledged: ${acknowledged.length}`)
  expect(acknowledged.length).toBeGreaterThan(10)
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([])
  expect((await miro.signIn(erp, b.port)).status).toBe(200)
  for (const person of [erika, thomas, miro, ada]) person.close()
})

test('the restarted node has all state', async () => {
  a = await stage.startNode('a')
  const erika = stage.person('erika')
  await erika.signIn(wiki, b.port)
  expect((await erika.ask(wiki, a.port)).status).toBe(200)
  const [before, after] = await Promise.all([b.admin('GET', '/grants'), a.admin('GET', '/grants')])
  const ids = ({ value }: { value: unknown }) => (value as Grant[]).map(({ id }) => id).toSorted()
  // A grant that was being written may exist as well; the surviving node finds it in time.
  expect(ids(after)).toEqual(expect.arrayContaining(ids(before)))
})

test('a session ended just before the node was killed stays ended', async ({ annotate }) => {
  const erika = stage.person('erika')
  await erika.signIn(wiki, a.port)
  const socket = await erika.socket(`${wiki}/live`, b.port)
  const since = Date.now()
  expect((await a.admin('POST', '/sessions/end', { user: 'erika@example.com' })).status).toBe(200)
  await a.kill9()
  await Promise.race([socket.ended, pause(4_000)])
  expect(socket.endedAt(), 'it is over').toBeDefined()
  await annotate(`ended, then killed: ${socket.lastAt() - since} ms on the survivor`)
  expect(socket.lastAt() - since).toBeLessThan(2_000)
  expect((await erika.ask(wiki, b.port)).status).toBe(401)
})

test('SIGTERM drains open requests and exits with 0', async () => {
  const erika = stage.person('erika')
  await erika.signIn(wiki, b.port)
  const download = await erika.stream(`${wiki}/download?bytes=30000000`, b.port)
  const code = await b.stop()
  const finished = await download.ended
  expect(code).toBe(0)
  expect(download.heard()).toBe(30_000_000)
  // Idle keep-alive connections do not delay shutdown.
  expect(Date.now() - finished).toBeLessThan(2_000)
})
