// Registry of open exchanges: look-up by session, device, app and expiry, removal, drain at shutdown.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createConnections, type NewExchange } from '../../src/proxy/open-connections.ts'

const exchange = (id: number, more: Partial<NewExchange<undefined>> = {}): NewExchange<undefined> => ({
  id: String(id),
  app: 'erp',
  session: 's1',
  device: undefined,
  address: '203.0.113.7',
  kind: 'http',
  startedAt: 0,
  validUntil: 1_000,
  abort() {},
  context: undefined,
  ...more,
})
const ids = (found: readonly { readonly id: string }[]): string[] => found.map(({ id }) => id).toSorted()

test('finds exchanges by session, device, app and expired lease', () => {
  const connections = createConnections<undefined>()
  const first = connections.open(exchange(1, { device: 'laptop' }))
  connections.open(exchange(2, { session: 's2', app: 'wiki', kind: 'websocket' }))
  connections.open(exchange(3, { session: undefined, validUntil: 5_000 }))
  expect(ids(connections.ofSession('s1'))).toEqual(['1'])
  expect(ids(connections.ofDevice('laptop'))).toEqual(['1'])
  expect(ids(connections.ofApp('erp'))).toEqual(['1', '3'])
  expect(connections.counts()).toEqual({ http: 2, websocket: 1, pinned: 0 })
  expect(ids(connections.expired(999))).toEqual([])
  expect(ids(connections.expired(1_000))).toEqual(['1', '2'])
  first.validUntil = 9_000
  expect(ids(connections.expired(5_000))).toEqual(['2', '3'])
  first.validUntil = 10
  expect(ids(connections.expired(10))).toEqual(['1'])
})

test('contains exactly the open exchanges after any sequence of open and close', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('open' as const), session: fc.constantFrom('a', 'b', 'c', undefined) }),
    fc.record({ kind: fc.constant('close' as const), index: fc.nat(30) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const connections = createConnections<undefined>()
      const all: { handle: ReturnType<typeof connections.open>; open: boolean }[] = []
      for (const one of steps) {
        if (one.kind === 'open') {
          all.push({ handle: connections.open(exchange(all.length, { session: one.session })), open: true })
        } else {
          const chosen = all[one.index]
          if (chosen === undefined) continue
          connections.close(chosen.handle)
          chosen.open = false
        }
      }
      const open = all.filter((one) => one.open).map((one) => one.handle)
      expect(ids(connections.all())).toEqual(ids(open))
      for (const session of ['a', 'b', 'c']) {
        expect(ids(connections.ofSession(session))).toEqual(ids(open.filter((one) => one.session === session)))
      }
    }),
  )
})

test('drain waits for exchanges to end and aborts those that do not', async () => {
  const connections = createConnections<undefined>()
  expect(await connections.drain(10_000)).toBe(0)
  const quick = connections.open(exchange(1))
  const waiting = connections.drain(10_000)
  connections.close(quick)
  expect(await waiting).toBe(0)
  let aborts = 0
  const slow = connections.open(exchange(2, { abort: () => aborts++ }))
  expect(await connections.drain(10)).toBe(1)
  expect(aborts).toBe(1)
  connections.close(slow)
  connections.close(slow)
  expect(connections.counts()).toEqual({ http: 0, websocket: 0, pinned: 0 })
})
