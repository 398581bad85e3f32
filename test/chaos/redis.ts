// Fault injection at Redis: network faults through a proxy, and faults of the server itself.

import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'
import { ask, poll, healthyWithoutErrors, within } from './client-outcome.ts'
import { startFaultProxy, type FaultProxy, type Mode } from './fault-proxy.ts'
import { must, type FaultGroup, type Expectation } from './expectation.ts'

interface RedisFault {
  readonly name: string
  begin(way: FaultProxy, stage: TestEnvironment): unknown
  end(way: FaultProxy, stage: TestEnvironment): unknown
  /** Outcomes for a signed-in user from 2 s on. */
  readonly meanwhile: readonly string[]
  /** Sessions are lost: recovery needs a new sign-in. */
  readonly forgets?: true
}

const away = ['503 store_unreachable']
const wire = (name: string, mode: Mode, meanwhile: readonly string[] = away): RedisFault => ({
  name,
  meanwhile,
  begin: (way) => way.set(mode),
  end: (way) => way.set({ kind: 'pass' }),
})

const faults: readonly RedisFault[] = [
  wire('Redis slow (150 ms each way)', { kind: 'delay', by: 150 }, ['200']),
  wire('Redis very slow (3 s each way)', { kind: 'delay', by: 3_000 }),
  wire('Redis cut off', { kind: 'cut' }),
  wire('Redis half-open', { kind: 'half_open' }),
  wire('Redis hears, is not heard', { kind: 'no_answers' }),
  wire('Redis answers garbage', { kind: 'garbage' }),
  wire('Redis answers torn', { kind: 'torn' }),
  {
    name: 'Redis became a replica',
    // Read-only: existing sessions keep access, no new write is acknowledged.
    meanwhile: ['200', ...away],
    begin: (_way, { redis }) => redis.command('REPLICAOF', '127.0.0.1', '1'),
    end: (_way, { redis }) => redis.command('REPLICAOF', 'NO', 'ONE'),
  },
  {
    name: 'Redis fails over (2 s)',
    meanwhile: ['200', 'broken', ...away],
    async begin(_way, { redis }) {
      await redis.kill9()
      await pause(2_000)
      await redis.start()
    },
    end: () => undefined,
  },
  {
    name: 'Redis flushed',
    meanwhile: ['401 no_session', '401 session_revoked', '401 session_expired'],
    begin: (_way, { redis }) => redis.command('FLUSHALL'),
    end: () => undefined,
    forgets: true,
  },
]

export const redisFaults: FaultGroup = {
  name: 'Redis',
  async run(promised) {
    let stage: TestEnvironment | undefined
    const way = await startFaultProxy(() => stage!.redis.port)
    try {
      stage = await startTestEnvironment({
        apps: {
          wiki: { policy: [{ allow: { groups: ['staff'] } }] },
          erp: { policy: [{ allow: { grant: 'required' } }] },
        },
        more: () => ({ store: `redis://127.0.0.1:${way.port}`, limits: { sign_ins_per_minute: 100_000 } }),
      })
      const node = await stage.startNode('a')
      for (const fault of faults) await one(promised, fault, stage, node, way)
    } finally {
      way.set({ kind: 'pass' })
      await stage?.stop()
      await way.stop()
    }
  },
}

async function one(
  promised: Expectation,
  fault: RedisFault,
  stage: TestEnvironment,
  node: NodeProcess,
  way: FaultProxy,
): Promise<void> {
  const tell = (promise: string, check: () => Promise<string | void>): Promise<void> =>
    promised(fault.name, promise, check)
  const wiki = stage.origin('wiki')
  const people = Object.fromEntries(['erika', 'thomas', 'miro'].map((name) => [name, stage.person(name)])) as Record<
    string,
    Person
  >
  const { erika, thomas, miro } = people as { erika: Person; thomas: Person; miro: Person }
  for (const person of [erika, thomas, miro]) await person.signIn(wiki, node.port)
  must((await ask(erika, wiki, node.port)) === '200', `${fault.name}: sign-in failed before the fault`)
  const socket = await erika.socket(`${wiki}/live`, node.port)
  must(
    (await node.admin('POST', '/sessions/end', { user: 'thomas@example.com' })).status === 200,
    'sign-out failed before the fault',
  )
  const before = await grants(node)

  const began = Date.now()
  const beginning = Promise.resolve(fault.begin(way, stage))
  const given: { status: number; id: string | undefined }[] = []
  const [hers, theirs, his] = await Promise.all([
    poll(4_000, () => ask(erika, wiki, node.port)),
    poll(4_000, () => ask(thomas, wiki, node.port)),
    poll(4_000, () => ask(miro, wiki, node.port)),
    (async () => {
      await pause(1_000)
      const grant = { who: 'company|nobody', app: 'erp', until: Date.now() + 3_600_000 }
      const { status, value } = await node
        .admin('POST', '/grants', grant)
        .catch(() => ({ status: 0, value: undefined }))
      given.push({ status, id: (value as { id?: string } | undefined)?.id })
    })(),
    beginning,
  ])
  const keeps = fault.meanwhile.includes('200')
  await tell('no user without access gains it', async () => {
    const seen = [...theirs.from(0), ...his.from(0)]
    must(!seen.includes('200'), `200 for a user who is signed out or not in the group: ${seen.join(', ')}`)
    return [...new Set(seen)].join(', ')
  })
  await tell(
    keeps ? 'signed-in users keep access, or see the reason' : 'after 2 s no request is allowed, with the reason',
    async () => {
      const seen = hers.from(2_000)
      const odd = seen.filter((one) => !fault.meanwhile.includes(one))
      must(odd.length === 0, `${odd.join(', ')} instead of ${fault.meanwhile.join(' or ')}`)
      return seen.join(', ')
    },
  )
  if (!keeps) {
    await tell('open connections are cut within 3 s', async () => {
      must(socket.endedAt() !== undefined, 'the WebSocket is still open')
      must(socket.lastAt() - began < 3_000, `last byte after ${socket.lastAt() - began} ms`)
      return `${socket.lastAt() - began} ms`
    })
  }

  await fault.end(way, stage)
  await tell('recovers on its own within 5 s', async () => {
    if (fault.forgets) {
      const again = stage.person('erika')
      must((await again.signIn(wiki, node.port)).status === 200, 'sign-in fails afterwards')
      return within(5_000, '200', () => ask(again, wiki, node.port))
    }
    const after = await within(5_000, '200', () => ask(erika, wiki, node.port))
    const open = await erika.socket(`${wiki}/live`, node.port)
    await open.echo('hello')
    return `${after}, no new sign-in`
  })
  await tell('ended sessions stay ended', async () => {
    const seen = await ask(thomas, wiki, node.port)
    must(seen.startsWith('401'), seen)
    return seen
  })
  if (!fault.forgets) {
    await tell('acknowledged writes are present, failed ones were reported', async () => {
      const [{ status, id }] = given as [{ status: number; id: string | undefined }]
      const ids = await within(5_000, 'yes', async () => ((await grants(node)) === undefined ? 'no' : 'yes')).then(() =>
        grants(node),
      )
      must(status === 200 || status === 503 || status === 0, `the answer was ${status}`)
      if (status === 200) must(ids!.includes(id!), 'the grant is lost')
      must(
        (before ?? []).every((one) => ids!.includes(one)),
        'an earlier grant is lost',
      )
      return status === 200 ? 'given, and there' : 'refused, and said so'
    })
  }
  await tell('the process keeps running', () => healthyWithoutErrors(node))
  for (const person of [erika, thomas, miro]) person.close()
}

async function grants(node: NodeProcess): Promise<string[] | undefined> {
  const { status, value } = await node.admin('GET', '/grants').catch(() => ({ status: 0, value: undefined }))
  return status === 200 ? (value as { id: string }[]).map(({ id }) => id) : undefined
}
