// Reload of a gateway with workers: listeners, management and audit file move while it runs, or nothing changes.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callApi } from '../../../src/cli/admin-client.ts'
import { freePorts, listen } from '../../../src/demo/listen.ts'
import type { Status } from '../../../src/server/management/status.ts'
import { startRedis, type RedisProcess } from '../../support/redis.ts'
import { createGatewayEnvironment } from '../environment.ts'

let redis: RedisProcess

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis?.stop())

function status(port: number, path: string, host = 'localhost'): Promise<number | string> {
  return new Promise((done) => {
    get({ host: '127.0.0.1', port, path, agent: false, headers: { host } }, (answer) => {
      answer.resume()
      done(answer.statusCode ?? 0)
    }).on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'failed'))
  })
}

test('ports, operations, admin socket and audit move with the file; an impossible change is rejected as a whole', async () => {
  const house = await createGatewayEnvironment(redis.url)
  const [second, operations, taken] = (await freePorts(3)) as [number, number, number]
  const app = `app.localhost:${house.port}`
  const at = (port: number): { address: string } => ({ address: `127.0.0.1:${port}` })
  await house.write({ gateway: { workers: 2 } })
  const node = await house.start()
  const first = (await node.admin('GET', '/status')).value as Status
  expect(first.workers.processes).toHaveLength(2)

  const moved = {
    gateway: {
      workers: 2,
      listen: [at(house.port), at(second)],
      operations: `127.0.0.1:${operations}`,
      admin_socket: 'other.sock',
    },
    audit: { file: { path: 'other.jsonl' } },
  }
  await house.write(moved)
  const socket = join(house.folder, 'other.sock')
  const now = async (): Promise<Status> => (await callApi(socket, 'GET', '/status')).value as Status
  await expect
    .poll(
      () =>
        now().then(
          () => true,
          () => false,
        ),
      { timeout: 40_000 },
    )
    .toBe(true)
  await expect.poll(() => existsSync(house.adminSocket), { timeout: 10_000 }).toBe(false)
  expect(await status(house.port, '/slow/0', app)).toBe(200)
  expect(await status(second, '/slow/0', app)).toBe(200)
  expect(await status(operations, '/readyz')).toBe(200)
  expect(await status(house.operationsPort, '/readyz')).toBe('ECONNREFUSED')
  await expect.poll(() => readFile(join(house.folder, 'other.jsonl'), 'utf8')).toContain('"class_uid":4002')
  const inForce = await now()

  const refused = async (gateway: object, more: object, why: RegExp): Promise<void> => {
    await house.write({ ...moved, ...more, gateway: { ...moved.gateway, ...gateway } })
    await expect.poll(async () => (await now()).configuration.refused.join(), { timeout: 15_000 }).toMatch(why)
    const after = await now()
    expect(after.configuration.hash).toBe(inForce.configuration.hash)
    expect(after.workers.processes.map(({ pid }) => pid)).toEqual(inForce.workers.processes.map(({ pid }) => pid))
    expect(await status(second, '/slow/0', app)).toBe(200)
  }
  await refused(
    { workers: 'auto' },
    { store: 'sqlite:einlass.db' },
    /^the store sqlite: is for one process only; .* stop Einlass/,
  )
  expect(existsSync(join(house.folder, 'einlass.db'))).toBe(false)
  const other = createServer()
  await listen(other, taken)
  try {
    await refused({ listen: [at(house.port), at(taken)] }, {}, /^gateway\.listen: port \d+ of 127\.0\.0\.1 is in use$/)
    await refused({ operations: `127.0.0.1:${taken}` }, {}, /^gateway\.operations: port \d+ of 127\.0\.0\.1 is in use$/)
  } finally {
    await new Promise((done) => other.close(done))
  }

  await house.write({ ...moved, gateway: { ...moved.gateway, listen: [at(house.port), at(taken)] } })
  await expect.poll(() => status(taken, '/slow/0', app), { timeout: 40_000 }).toBe(200)
  // The old workers close sockets the new configuration does not have.
  await expect.poll(() => status(second, '/slow/0', app), { timeout: 40_000 }).toBe('ECONNREFUSED')
  expect(await status(house.port, '/slow/0', app)).toBe(200)
  expect(await node.stop()).toBe(0)
  expect(existsSync(socket)).toBe(false)
}, 150_000)
