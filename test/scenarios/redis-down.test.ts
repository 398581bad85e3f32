// Redis outage: access ends within the promised time (fail closed), nothing else breaks, and recovery is automatic.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unexpectedError, type NodeProcess } from '../support/gateway-process.ts'
import type { Answer, Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let node: NodeProcess
let wiki: string
let erika: Person

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      wiki: { policy: [{ allow: { groups: ['staff'] } }], public: [{ paths: ['/public/*'], methods: ['GET'] }] },
    },
  })
  node = await stage.startNode('a')
  wiki = stage.origin('wiki')
  erika = stage.person('erika')
  await erika.signIn(wiki, node.port)
})
afterAll(() => stage?.stop())

interface Watch {
  /** Milliseconds since `from`: sending time of the last request that was allowed. */
  readonly lastAllowed: number
  readonly refusals: readonly Answer[]
}

/** Sends a request every 50 ms without waiting for earlier responses. */
function poll(person: Person, milliseconds: number): Promise<Watch> {
  const from = Date.now()
  let lastAllowed = -1
  const refusals: Answer[] = []
  const under: Promise<void>[] = []
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const at = Date.now() - from
      if (at > milliseconds) {
        clearInterval(timer)
        void Promise.all(under).then(() => resolve({ lastAllowed, refusals }))
        return
      }
      under.push(
        person.ask(wiki, node.port).then((answer) => {
          if (answer.status === 200) lastAllowed = Math.max(lastAllowed, at)
          else refusals.push(answer)
        }),
      )
    }, 50)
  })
}

async function untilPasses(person: Person, patience: number): Promise<number> {
  const from = Date.now()
  while (Date.now() - from < patience) {
    if ((await person.ask(wiki, node.port)).status === 200) return Date.now() - from
    await pause(50)
  }
  throw new Error(`not within ${patience} ms`)
}

function expectStoreUnreachable(answers: readonly Answer[]): void {
  expect(answers.length).toBeGreaterThan(0)
  for (const { status, headers, body } of answers) {
    expect(status).toBe(503)
    expect(headers['content-type']).toBe('application/problem+json')
    expect(JSON.parse(body)).toMatchObject({ status: 503, reasons: [{ code: 'store_unreachable' }] })
  }
}

const outages = {
  killed: { begin: () => stage.redis.kill9(), end: () => stage.redis.start() },
  frozen: { begin: async () => stage.redis.freeze(), end: async () => stage.redis.thaw() },
}

test.for(['killed', 'frozen'] as const)(
  'Redis %s, no grace: nothing passes after 2 s, what is open is cut, and all works again by itself',
  async (how, { annotate }) => {
    const [socket, events] = [
      await erika.socket(`${wiki}/live`, node.port),
      await erika.stream(`${wiki}/events`, node.port),
    ]
    const since = Date.now()
    await outages[how].begin()
    const watch = await poll(erika, 3_500)
    expect(watch.lastAllowed).toBeLessThan(2_000)
    expectStoreUnreachable(watch.refusals)
    await Promise.race([Promise.all([socket.ended, events.ended]), pause(2_000)])
    const cut = [socket, events].map((open) => open.lastAt() - since)
    await annotate(
      `${how}: last request that passed ${watch.lastAllowed} ms, WebSocket and events cut ${cut.join(', ')} ms`,
    )
    for (const open of [socket, events]) {
      expect(open.endedAt(), 'it is over').toBeDefined()
      expect(open.lastAt() - since).toBeLessThan(3_000)
    }
    await expect(erika.socket(`${wiki}/live`, node.port)).rejects.toMatchObject({ code: 503 })
    expect((await erika.ask(`${wiki}/public/logo`, node.port)).status).toBe(200)
    const page = await erika.ask(wiki, node.port, { page: true })
    expect(page).toMatchObject({ status: 503, headers: { 'content-type': expect.stringContaining('text/html') } })
    const stranger = stage.person('thomas')
    // To the provider: an unfinished sign-in is kept by the browser. It ends with 503 while the store is away.
    expect((await stranger.ask(wiki, node.port, { page: true })).status).toBe(302)
    expect((await stranger.signIn(wiki, node.port)).status).toBe(503)
    expect((await node.cli('status')).code).toBe(1)

    await outages[how].end()
    await untilPasses(erika, 5_000)
    const again = await erika.socket(`${wiki}/live`, node.port)
    await again.echo('hello')
    expect((await node.cli('status')).code).toBe(0)
    expect(node.output()).not.toMatch(unexpectedError)
  },
)

test('acknowledged changes survive the outage, and unacknowledged ones did not happen', async () => {
  const thomas = stage.person('thomas')
  await thomas.signIn(wiki, node.port)
  const until = Date.now() + 3_600_000
  const grant = { who: 'company|miro', app: 'wiki', until }
  const given = await node.admin('POST', '/grants', grant)
  expect(given.status).toBe(200)
  expect((await node.admin('POST', '/sessions/end', { user: 'thomas@example.com' })).status).toBe(200)
  await stage.redis.kill9()
  const ended = await node.cli('sessions', 'end', '--user', 'erika@example.com')
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('store unreachable; nothing was changed') })
  const added = await node.cli('grants', 'add', '--who', 'company|ada', '--app', 'wiki', '--for', '1h')
  expect(added).toMatchObject({ code: 1, stderr: expect.stringContaining('store unreachable; nothing was changed') })

  await stage.redis.start()
  let { status } = await thomas.ask(wiki, node.port)
  for (let waited = 0; status === 503 && waited < 5_000; waited += 50) {
    await pause(50)
    status = (await thomas.ask(wiki, node.port)).status
  }
  expect(status).toBe(401)
  await untilPasses(erika, 2_000)
  const { value } = await node.admin('GET', '/grants')
  expect((value as { id: string; who: string }[]).map(({ who }) => who)).toEqual(['company|miro'])
})

describe('with 5 s of grace', () => {
  beforeAll(async () => {
    const since = Date.now()
    await stage.configure((configuration) => (configuration.session = { grace: '5s' }))
    await node.event((line) => line.class_uid === 3004 && line.time >= since)
  })

  test.for(['killed', 'frozen'] as const)(
    'Redis %s: people go on that long and no longer',
    async (how, { annotate }) => {
      await untilPasses(erika, 2_000)
      const socket = await erika.socket(`${wiki}/live`, node.port)
      const since = Date.now()
      await outages[how].begin()
      const watch = await poll(erika, 7_000)
      await annotate(`${how}, 5 s of grace: last request that passed ${watch.lastAllowed} ms`)
      expect(watch.lastAllowed).toBeGreaterThan(3_500)
      expect(watch.lastAllowed).toBeLessThan(5_000)
      await Promise.race([socket.ended, pause(2_000)])
      expect(socket.endedAt(), 'the WebSocket is over').toBeDefined()
      expect(socket.lastAt() - since).toBeGreaterThan(3_500)
      expect(socket.lastAt() - since).toBeLessThan(6_000)
      expectStoreUnreachable(watch.refusals)
      await outages[how].end()
      await untilPasses(erika, 5_000)
    },
  )
})
