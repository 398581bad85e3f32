// Findings about wrong emergency codes: one per period with count and address blocks, however many were sent.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { createWrongCodes, wrongCodePeriod, type WrongCodes } from '../../../src/grants/emergency/wrong-codes.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import type { Store } from '../../../src/store/store.ts'

let at: number
let store: Store
let events: Extract<AuditEvent, { kind: 'finding' }>[]
let nodes: WrongCodes[]

beforeEach(() => {
  at = 2_000_000 * wrongCodePeriod + 20_000
  store = createMemoryStore({ now: () => at })
  events = []
  const record = (event: AuditEvent) => void (event.kind === 'finding' && events.push(event))
  nodes = [0, 1].map(() => createWrongCodes({ store, record, now: () => at }))
})
afterEach(async () => {
  for (const node of nodes) await node.stop()
  await store.close()
})

async function storm(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await nodes[index % 2]!.count({ requestId: 'r1', address: `198.51.100.${index % 30}` })
  }
}

async function nextPeriod(): Promise<void> {
  // The timers write every few seconds, also shortly before the end.
  for (const node of nodes) await node.flush()
  at += wrongCodePeriod
  for (const node of nodes) await node.flush()
}

const told = () => events.splice(0).map(({ severity, title, detail }) => `${severity} ${title}: ${detail}`)

test('a flood costs the store no write per wrong code', async () => {
  let writes = 0
  for (const method of ['add', 'set', 'increment', 'addMember'] as const) {
    const original = store[method] as (...all: unknown[]) => Promise<unknown>
    Object.assign(store, { [method]: (...all: unknown[]) => (writes++, original(...all)) })
  }
  await storm(3000)
  for (const node of nodes) await node.flush()
  expect(writes).toBeLessThan(10)
})

test('what a process counted before it stopped is reported by the next one', async () => {
  await storm(40)
  told()
  await Promise.all(nodes.map((node) => node.stop()))
  at += wrongCodePeriod
  const next = createWrongCodes({ store, record: (event) => void events.push(event as never), now: () => at })
  nodes.push(next)
  await next.flush()
  expect(told()).toEqual([expect.stringMatching(/: 40 wrong codes from 30 address blocks/)])
})

test('counts are written every five seconds, until the process stops', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const node = createWrongCodes({ store, record: () => {}, now: () => at })
    nodes.push(node)
    await node.count({ requestId: 'r1', address: '192.0.2.1' })
    const written = () => store.members(`emergency-wrong:${Math.floor(at / wrongCodePeriod)}`)
    vi.advanceTimersByTime(4_999)
    expect(await written()).toEqual([])
    vi.advanceTimersByTime(1)
    await node.flush()
    expect(await written()).toHaveLength(1)
    await node.stop()
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('a store that fails is logged, and the next write has all counts', async () => {
  const warnings: [object, string][] = []
  const log = { warn: (fields: object, text: string) => void warnings.push([fields, text]) } as never
  const node = createWrongCodes({ store, record: () => {}, now: () => at, log })
  nodes.push(node)
  await node.count({ requestId: 'r1', address: '192.0.2.1' })
  const { set } = store
  const error = new Error('unreachable')
  Object.assign(store, { set: () => Promise.reject(error) })
  await node.flush()
  expect(warnings).toEqual([[{ err: error }, 'wrong emergency codes could not be reported yet; will retry']])
  let written = ''
  Object.assign(store, { set: (...given: Parameters<typeof set>) => ((written = given[1]), set(...given)) })
  await node.count({ requestId: 'r1', address: '192.0.2.2' })
  await node.flush()
  expect(JSON.parse(written)).toEqual({ codes: 2, blocks: expect.any(Array), moreBlocks: 0 })
  written = ''
  await node.flush()
  expect(written).toBe('')
})

describe('alarms at will', () => {
  test('301 wrong codes on two nodes: one finding at once, one at the end of the period with both numbers', async () => {
    await storm(301)
    expect(told()).toEqual([expect.stringMatching(/^medium A wrong emergency code: /)])
    await nextPeriod()
    expect(told()).toEqual([
      'high Emergency codes are being guessed: 301 wrong codes from 30 address blocks within 15 minutes; a right code is accepted all the same',
    ])
    await nextPeriod()
    expect(told()).toEqual([])
  })

  test('a storm that goes on is one finding per period', async () => {
    await storm(50)
    told()
    for (let period = 0; period < 3; period++) {
      await nextPeriod()
      await storm(50)
      expect(told()).toHaveLength(1)
    }
    await nextPeriod()
    expect(told()).toHaveLength(1)
  })

  test('a single mistyped code is one finding, with the address', async () => {
    await storm(1)
    expect(events).toMatchObject([{ origin: { address: '198.51.100.0' }, severity: 'medium' }])
    told()
    await nextPeriod()
    expect(told()).toEqual([])
  })

  test('a single one right after others is not lost', async () => {
    await storm(5)
    told()
    await nextPeriod()
    expect(told()).toEqual([
      expect.stringMatching(/^medium Wrong emergency codes: 5 wrong codes from 5 address blocks/),
    ])
    await storm(1)
    expect(told()).toEqual([])
    await nextPeriod()
    expect(told()).toEqual([expect.stringMatching(/: 1 wrong code from 1 address block within/)])
  })

  test('are of a stranger: the first with its origin, the report without one', async () => {
    const origin = { requestId: 'r1', address: '192.0.2.7' }
    for (let count = 0; count < 10; count++) await nodes[0]!.count(origin)
    expect(events).toEqual([
      {
        kind: 'finding',
        at,
        actor: { kind: 'stranger' },
        origin,
        title: 'A wrong emergency code',
        detail:
          'wrong, used, revoked, expired, or for an app that takes none; more of them are reported in one finding',
        severity: 'medium',
      },
    ])
    told()
    await nextPeriod()
    // Ten are still no attempt to guess.
    expect(events).toEqual([
      {
        kind: 'finding',
        at,
        actor: { kind: 'stranger' },
        origin: undefined,
        title: 'Wrong emergency codes',
        detail: '10 wrong codes from 1 address block within 15 minutes; a right code is accepted all the same',
        severity: 'medium',
      },
    ])
  })

  test('eleven wrong codes of a period are an attempt to guess', async () => {
    await storm(11)
    told()
    await nextPeriod()
    expect(told()).toEqual([expect.stringMatching(/^high Emergency codes are being guessed: 11 /)])
  })

  test('the report waits until every process has written its last counts', async () => {
    await storm(3)
    told()
    const end = (Math.floor(at / wrongCodePeriod) + 1) * wrongCodePeriod
    at = end + 9_999
    await nodes[0]!.flush()
    expect(told()).toEqual([])
    await nodes[1]!.flush()
    at = end + 10_000
    await nodes[0]!.flush()
    expect(told()).toEqual([expect.stringMatching(/: 3 wrong codes/)])
  })

  test('more address blocks than are listed are counted all the same', async () => {
    for (let index = 0; index < 2_100; index++) {
      await nodes[0]!.count({ requestId: 'r1', address: `10.${index >> 8}.${index & 255}.1` })
    }
    told()
    await nextPeriod()
    expect(told()).toEqual([expect.stringMatching(/: 2100 wrong codes from 2100 address blocks/)])
  })

  test('a store that fails at the end of the period delays the report', async () => {
    await storm(3)
    told()
    const { members } = store
    Object.assign(store, { members: () => Promise.reject(new Error('unreachable')) })
    await nextPeriod()
    expect(told()).toEqual([])
    Object.assign(store, { members })
    for (const node of nodes) await node.flush()
    expect(told()).toHaveLength(1)
  })
})
