// A grant to an address belongs to the first account that uses it: over two nodes, a restart, and each kind of store.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import { createGrants, type Grants } from '../../src/grants/grants.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { decide } from '../../src/policy/decide.ts'
import type { Subject } from '../../src/policy/subject.ts'
import { createChangeFeed, type ChangeFeed } from '../../src/store/change-feed.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import { createSeal } from '../../src/store/seal.ts'
import { StoreUnreachable, type Store } from '../../src/store/store.ts'
import { access, allow, app, noon, subject, vocabulary } from '../policy/access-request-fixtures.ts'
import { startRedis, type RedisProcess } from '../support/redis.ts'

const hour = 3_600_000
const who = 'keycloak|mailto:miro@partner.example'
const account = (sub: string): Subject => subject({ sub, email: 'miro@partner.example' })
const origin = { requestId: 'r1', address: '192.0.2.7', userAgent: undefined }
const policy = compilePolicy(app([allow('vendor', { grant: 'required' })]), vocabulary)

interface Node {
  readonly grants: Grants
  readonly changes: ChangeFeed
  readonly events: AuditEvent[]
}

let redis: RedisProcess
let folder: string
const undo: (() => unknown)[] = []

beforeAll(async () => {
  redis = await startRedis()
  folder = await mkdtemp(join(tmpdir(), 'einlass-bindings-'))
})
afterAll(async () => {
  await redis?.stop()
  await rm(folder, { recursive: true, force: true })
})
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

async function node(store: Store): Promise<Node> {
  const changes = createChangeFeed({ store, now: () => noon })
  const events: AuditEvent[] = []
  const record = (event: AuditEvent) => void events.push(event)
  const grants = createGrants({ store, changes, seal: createSeal([Buffer.alloc(32, 3)]), record, now: () => noon })
  await grants.load()
  await changes.sweep()
  undo.push(async () => {
    grants.stop()
    await changes.stop()
  })
  return { grants, changes, events }
}

const given = ({ grants }: Node) =>
  grants.give(
    {
      who,
      app: 'erp',
      level: 'full',
      from: noon,
      until: noon + hour,
      schedule: undefined,
      sponsor: undefined,
      reason: undefined,
    },
    { kind: 'administrator', name: 'root' },
  )
const decided = ({ grants }: Node, sub: string) => {
  const { effect, reasons } = decide(policy, access({ person: account(sub), grants: grants.of(account(sub), 'erp') }))
  return [effect, reasons[0]?.code]
}
const findings = ({ events }: Node) => events.flatMap((event) => (event.kind === 'finding' ? [event] : []))

const redisStore = () => openStore({ kind: 'redis', url: redis.url }, { now: () => noon })

/** Redis by two connections. The others serve one process, so both nodes share theirs. */
const stores: readonly (readonly [
  string,
  () => Promise<readonly [Store, Store]>,
  (() => Promise<Store>) | undefined,
])[] = [
  ['memory', async () => twice(createMemoryStore({ now: () => noon })), undefined],
  ['sqlite', async () => twice(await sqliteStore()), sqliteStore],
  [
    'redis',
    async () => {
      await redis.command('FLUSHALL')
      return [await redisStore(), await redisStore()]
    },
    redisStore,
  ],
]

function twice(store: Store): readonly [Store, Store] {
  return [store, store]
}

function sqliteStore(): Promise<Store> {
  return openStore({ kind: 'sqlite', file: join(folder, 'state.db') }, { now: () => noon })
}

/** The first connection; all are closed after the test. */
async function opened(open: () => Promise<readonly [Store, Store]>): Promise<Store> {
  const both = await open()
  undo.push(() => Promise.all([...new Set(both)].map((store) => store.close())))
  return both[0]
}

describe.each(stores)('%s', (_kind, open) => {
  async function nodes(): Promise<readonly [Node, Node]> {
    const [one, other] = await open()
    undo.push(() => Promise.all([...new Set([one, other])].map((store) => store.close())))
    return [await node(one), await node(other)]
  }

  test('the first account keeps it, a later one is refused with its own reason', async () => {
    const [here, there] = await nodes()
    const { id } = await given(here)
    await there.changes.sweep()
    await expect.poll(() => there.grants.isUnbound(id)).toBe(true)
    expect(decided(here, 'old')).toEqual(['allow', undefined])
    await here.grants.bind(id, account('old'))
    expect(here.grants.isUnbound(id)).toBe(false)
    expect(decided(here, 'old')).toEqual(['allow', undefined])
    expect(decided(here, 'new')[1]).toBe('grant_of_other_account')
    // The other node has not heard of it, and learns it when it tries.
    await there.grants.bind(id, account('new'))
    expect(decided(there, 'new')[1]).toBe('grant_of_other_account')
    expect(decided(there, 'old')).toEqual(['allow', undefined])
    expect(there.grants.all().find((grant) => grant.id === id)?.boundTo).toBe('old')
  })

  test('of accounts on two nodes at the same moment, exactly one gets it', async () => {
    const [here, there] = await nodes()
    for (let round = 0; round < 10; round++) {
      const { id } = await given(here)
      await there.changes.sweep()
      await expect.poll(() => there.grants.isUnbound(id)).toBe(true)
      await Promise.all([here.grants.bind(id, account('a')), there.grants.bind(id, account('b'))])
      const holders = [here, there].map(({ grants }) => grants.all().find((grant) => grant.id === id)?.boundTo)
      expect(holders[0]).toBe(holders[1])
      expect(['a', 'b']).toContain(holders[0])
    }
    expect([...findings(here), ...findings(there)]).toHaveLength(10)
  })

  test('a declared grant is bound as well', async () => {
    const [here, there] = await nodes()
    const grant = { ...(await given(here)), id: 'yaml-1', origin: 'configuration' as const }
    for (const { grants } of [here, there]) grants.setDeclared([grant], { kind: 'system' })
    await here.grants.bind('yaml-1', account('old'))
    await there.changes.sweep()
    await expect.poll(() => there.grants.isUnbound('yaml-1')).toBe(false)
    for (const { grants } of [here, there]) {
      // A reload declares the grants anew.
      grants.setDeclared([{ ...grant }], { kind: 'system' })
      expect(grants.all().find(({ id }) => id === 'yaml-1')?.boundTo).toBe('old')
    }
  })
})

test.each(stores.filter(([, , reopen]) => reopen !== undefined))(
  '%s: a binding survives a restart, and an extension',
  async (_kind, open, reopen) => {
    const here = await node(await opened(open))
    const { id } = await given(here)
    await here.grants.bind(id, account('old'))
    await here.grants.extend(id, { until: noon + 2 * hour }, { kind: 'system' })
    for (const step of undo.splice(0).toReversed()) await step()
    const store = await reopen!()
    undo.push(() => store.close())
    const restarted = await node(store)
    const found = restarted.grants.all().find((grant) => grant.id === id)
    expect(found).toMatchObject({ boundTo: 'old', until: noon + 2 * hour })
    expect(restarted.grants.isUnbound(id)).toBe(false)
  },
)

test('a grant to a subject is bound from the beginning', async () => {
  const here = await node(createMemoryStore({ now: () => noon }))
  const grant = await given(here)
  here.grants.setDeclared([{ ...grant, id: 'yaml-2', who: 'keycloak|42' }], { kind: 'system' })
  expect(here.grants.isUnbound('yaml-2')).toBe(false)
})

test('a later account is told about once a day, whatever it asks for', async () => {
  const here = await node(createMemoryStore({ now: () => noon }))
  const { id } = await given(here)
  await here.grants.bind(id, account('old'))
  for (let request = 0; request < 5; request++) {
    here.grants.reportInherited(here.grants.all()[0]!, account('new'), origin)
  }
  await expect.poll(() => findings(here).filter(({ severity }) => severity === 'high')).toHaveLength(1)
  expect(findings(here).at(-1)).toMatchObject({
    actor: { kind: 'person', provider: 'keycloak', sub: 'new' },
    detail: expect.stringContaining(`${who} for erp), which keycloak|old used first`),
    origin,
  })
})

test('a binding the store lost stays in force, and is written again', async () => {
  const store = createMemoryStore({ now: () => noon })
  const here = await node(store)
  const { id } = await given(here)
  await here.grants.bind(id, account('old'))
  await store.remove(`grant-binding:${id}`)
  await here.grants.load()
  expect(decided(here, 'new')[1]).toBe('grant_of_other_account')
  await expect.poll(() => store.get(`grant-binding:${id}`)).toBeDefined()
})

test('without the store nobody is bound', async () => {
  const store = createMemoryStore({ now: () => noon })
  const down = { ...store, add: () => Promise.reject(new StoreUnreachable('gone')) }
  const here = await node(down)
  const there = await node(store)
  const { id } = await given(there)
  await here.grants.load()
  await expect(here.grants.bind(id, account('old'))).rejects.toMatchObject({ code: 'store_unreachable' })
  expect(here.grants.isUnbound(id)).toBe(true)
})

test('the first use of an address is a finding of that account', async () => {
  const here = await node(createMemoryStore({ now: () => noon }))
  const { id } = await given(here)
  await here.grants.bind(id, account('old'))
  await here.grants.bind(id, account('old'))
  expect(findings(here)).toEqual([
    {
      kind: 'finding',
      at: noon,
      actor: { kind: 'person', provider: 'keycloak', sub: 'old', email: 'miro@partner.example' },
      origin: undefined,
      title: 'A grant to an address was used for the first time',
      detail: `${who} is keycloak|old from now on (grant ${id} for erp)`,
      severity: 'low',
    },
  ])
  const { email: _email, ...bare } = findings(here)[0]!.actor as { email: string }
  here.grants.reportInherited(here.grants.all()[0]!, { ...account('new'), email: undefined }, origin)
  await expect.poll(() => findings(here)).toHaveLength(2)
  expect(findings(here)[1]!.actor).toStrictEqual({ ...bare, sub: 'new' })
})

test('a binding is forgotten 90 days after the end of its grant, and one that is extended lasts as long', async () => {
  const clock = { at: noon }
  const store = createMemoryStore({ now: () => clock.at })
  const changes = createChangeFeed({ store, now: () => clock.at })
  const seal = createSeal([Buffer.alloc(32, 3)])
  const grants = createGrants({ store, changes, seal, record: () => {}, now: () => clock.at })
  undo.push(async () => {
    grants.stop()
    await changes.stop()
    await store.close()
  })
  await grants.load()
  const address = (id: string, until: number) =>
    grants.createIdempotent(
      {
        id,
        who,
        app: 'erp',
        level: 'full',
        from: noon,
        until,
        schedule: undefined,
        sponsor: undefined,
        reason: undefined,
        origin: 'runtime',
        givenBy: 'root',
        revokedAt: undefined,
      },
      { kind: 'system' },
    )
  for (const id of ['short', 'long', 'unbound']) await address(id, noon + hour)
  for (const id of ['short', 'long']) await grants.bind(id, account('old'))
  for (const id of ['long', 'unbound']) await grants.extend(id, { until: noon + 20 * hour }, { kind: 'system' })
  expect(await store.members('grant-bindings')).toEqual(['short', 'long'])
  clock.at = noon + hour + 90 * 24 * hour + 1
  await grants.load()
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  expect(await store.get('grant-binding:short')).toBeUndefined()
  expect(await store.get('grant-binding:long')).toBeDefined()
  expect((await grants.read('long'))?.until).toBe(noon + 20 * hour)
})
