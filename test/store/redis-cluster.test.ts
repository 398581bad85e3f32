// Redis Cluster of three masters: the store contract, and sessions of two nodes, over keys in different slots.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import { storeContract } from '../contracts/store.ts'
import { sessionsContract } from '../contracts/sessions.ts'
import { startRedis } from '../support/redis.ts'
import type { RedisProcess } from '../support/redis.ts'

const nodes: RedisProcess[] = []

beforeAll(async () => {
  for (let count = 0; count < 3; count += 1) {
    nodes.push(await startRedis({ arguments: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'] }))
  }
  // As `redis-cli --cluster create` does: assign slots, then let the nodes meet.
  for (const [index, node] of nodes.entries()) {
    const from = Math.floor((16384 / 3) * index)
    const to = Math.floor((16384 / 3) * (index + 1)) - 1
    await node.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  }
  for (const node of nodes.slice(1)) await nodes[0]?.command('CLUSTER', 'MEET', '127.0.0.1', String(node.port))
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const states = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'INFO')))
    if (states.every((state) => state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:3'))) return
    await pause(50)
  }
  throw new Error('the cluster did not form within 20 s')
})
afterAll(() => Promise.all(nodes.map((node) => node.stop())))

const open = () => {
  const hosts = nodes.map((node) => `127.0.0.1:${node.port}`).join(',')
  return openStore({ kind: 'redis', url: `redis+cluster://${hosts}` }, { now: Date.now })
}

storeContract('redis cluster', open)
sessionsContract('redis cluster', async () => [await open(), await open()])
