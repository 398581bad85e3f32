// `npm run test:acme`: many hosts at a real authority (pebble), renewal under load, two nodes, an authority that is away; as a table.

import { randomBytes } from 'node:crypto'
import {
  numberOf,
  positive,
  readCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import { startPebble, type Pebble } from '../support/pebble.ts'
import { startRedis } from '../support/redis.ts'
import { acmeNode, shownFor, type AcmeNode } from './acme-node.ts'
import { startLoad } from './handshake-load.ts'

const form = {
  name: 'test:acme',
  about:
    'Orders certificates for many hosts from a real authority (pebble) that refuses half of all nonces, renews them under load, on two nodes, and without the authority. Exits 1 unless everything holds. Needs pebble and redis-server.',
  options: {
    hosts: { type: 'string', default: '30', help: 'hosts to order for (30)' },
    rate: {
      type: 'string',
      default: '200',
      help: 'requests per second during renewal, eight over each connection (200)',
    },
  },
} as const satisfies CommandForm<CommandOptions>

const given = readCommandLine(form)
const count = numberOf(form, 'hosts', given.hosts, positive)
const rate = numberOf(form, 'rate', given.rate, positive)
const names = Array.from({ length: count }, (_, at) => `app-${at}.example.com`)
const key = randomBytes(32)
const day = 24 * 3_600_000
const validIn = ({ acme }: AcmeNode): number => acme.status().filter(({ state }) => state === 'valid').length
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

const rows: (readonly [scenario: string, result: string, holds: boolean])[] = []
const undo: (() => unknown)[] = []
try {
  await oneNode(await begin(startPebble({ badNonces: 50 })))
  await twoNodes(await begin(startPebble({ badNonces: 5 })))
  await away(await begin(startPebble()))
} finally {
  for (const step of undo.toReversed()) await step()
}
for (const [scenario, result, holds] of rows)
  process.stdout.write(`${holds ? '✓' : '✗'} ${scenario.padEnd(54)} ${result}\n`)
process.exitCode = rows.every(([, , holds]) => holds) ? 0 : 1

async function begin<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting
  undo.push(() => started.stop())
  return started
}

/** Half of all nonces refused; then every certificate is renewed while clients come. */
async function oneNode(pebble: Pebble): Promise<void> {
  let ahead = 0
  const now = (): number => Date.now() + ahead
  const node = await begin(acmeNode({ pebble, store: createMemoryStore({ now }), key, names, now }))
  let since = performance.now()
  await node.acme.round()
  const ordered = `${validIn(node)} of ${count} in ${seconds(since)}, ${pebble.issued()} issued, ${pebble.requests().length} requests`
  rows.push([
    `${count} hosts, half of all nonces refused`,
    ordered,
    validIn(node) === count && pebble.issued() === count,
  ])

  const stop = startLoad(node.port, names, rate, await pebble.root())
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  since = performance.now()
  // A moment after all are due: no client compares the time with the certificate's.
  ahead = Math.max(...node.acme.status().map(({ renewAt }) => renewAt!)) - Date.now() + 1_000
  await node.acme.round()
  const renewed = pebble.issued() - count
  const took = seconds(since)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const { connections, requests, failed, p99, certificates } = await stop()
  const problems = [...failed].map(([what, times]) => `${times} ${what}`).join(', ') || 'none failed'
  rows.push([
    `all renewed under ${rate} requests a second`,
    `${renewed} in ${took}; ${requests} requests over ${connections} connections, ${problems}, p99 ${p99.toFixed(0)} ms, ${certificates} certificates seen`,
    renewed === count && failed.size === 0 && certificates === 2 * count,
  ])
}

/** One port for both, as behind a load balancer: the authority may reach either. */
async function twoNodes(pebble: Pebble): Promise<void> {
  const redis = await begin(startRedis())
  const stores = await Promise.all([0, 1].map(() => openStore({ kind: 'redis', url: redis.url }, { now: Date.now })))
  for (const store of stores) undo.push(() => store.close())
  const nodes = await Promise.all(stores.map((store) => begin(acmeNode({ pebble, store, key, names }))))
  const since = performance.now()
  const holds = await Promise.all(nodes.map(({ acme }) => acme.round()))
  const took = seconds(since)
  for (let wait = 0; wait < 100 && nodes.some((node) => validIn(node) < count); wait++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const each = nodes.map(validIn)
  rows.push([
    `two nodes on one Redis, ${count} hosts`,
    `${pebble.issued()} issued in ${took}, by ${holds.filter(Boolean).length} node; held: ${each.join(' and ')}`,
    pebble.issued() === count && holds.filter(Boolean).length === 1 && each.every((held) => held === count),
  ])
}

/** For a day after the renewal time, and until the last day of the certificate. */
async function away(pebble: Pebble): Promise<void> {
  let ahead = 0
  const now = (): number => Date.now() + ahead
  const [host] = names as [string]
  const node = await begin(acmeNode({ pebble, store: createMemoryStore({ now }), key, names: [host], now }))
  await node.acme.round()
  const before = await shownFor(node.port, host)
  const { renewAt, until } = node.acme.status()[0]!
  await pebble.kill()
  const rounds = async (from: number, to: number): Promise<void> => {
    for (let at = from; at <= to; at += day / 24) {
      ahead = at - Date.now()
      await node.acme.round()
    }
  }
  await rounds(renewAt! + 1_000, renewAt! + day)
  const { failure } = node.acme.status()[0]!
  await rounds(until! - 15 * day, until! - day / 2)
  const findings = node.events.filter(({ kind }) => kind === 'finding').length
  const same = (await shownFor(node.port, host))?.fingerprint256 === before?.fingerprint256
  rows.push([
    'the authority is away from the renewal time on',
    `${failure?.count ?? 0} attempts in a day; the certificate ${same ? 'serves' : 'IS GONE'} until its last day; ${findings} findings`,
    same && findings === 4 && (failure?.count ?? 99) < 12,
  ])
}
