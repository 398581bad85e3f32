// Signals to a running gateway: SIGTERM drains (graceful shutdown), a second one forces the exit, SIGHUP reloads.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createGatewayEnvironment } from './environment.ts'

test('SIGTERM drains open requests, accepts no new ones, and exits with 0', async () => {
  const house = await createGatewayEnvironment('sqlite:einlass.db')
  const gateway = await house.start()
  const open = house.ask('/slow/1500')
  await expect.poll(house.busy).toBe(1)
  const stopped = gateway.stop()
  await expect
    .poll(() =>
      house.ask('/slow/0').then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
    )
    .toBe('ECONNREFUSED')
  const { status, body } = await open
  expect([status, await body]).toEqual([200, 'slowly'])
  expect(await stopped).toBe(0)
  // Its audit event was written before the process exited.
  const lines = (await gateway.audit()).filter((line) => JSON.stringify(line).includes('/slow/1500'))
  expect(lines.map(({ class_uid }) => class_uid)).toEqual([4002])
})

test('a second SIGTERM ends open requests, which are still recorded', async () => {
  const house = await createGatewayEnvironment()
  const gateway = await house.start()
  const { body } = await house.ask('/stream')
  process.kill(gateway.pid, 'SIGTERM')
  await expect.poll(gateway.output).toContain('finishing open requests; signal again to abort them')
  // Within half a second it counts as the same signal, since a terminal and a launcher may both forward it.
  process.kill(gateway.pid, 'SIGTERM')
  await pause(600)
  expect(house.busy()).toBe(1)
  const at = performance.now()
  process.kill(gateway.pid, 'SIGTERM')
  expect(await gateway.stop()).toBe(0)
  expect(performance.now() - at).toBeLessThan(3_000)
  await expect(body).rejects.toThrow()
  expect((await gateway.audit()).filter(({ class_uid }) => class_uid === 4002)).toHaveLength(1)
})

test('an idle connection does not delay shutdown', async () => {
  const { connect } = await import('node:net')
  const house = await createGatewayEnvironment()
  const gateway = await house.start()
  const socket = connect(house.port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  expect(await gateway.stop()).toBe(0)
  await closed
})

test('SIGHUP reloads: a valid file is applied, an invalid one changes nothing and is reported', async () => {
  const house = await createGatewayEnvironment()
  const gateway = await house.start()
  const version = async () =>
    (JSON.parse((await gateway.cli('status', '--json')).stdout) as { configuration: { hash: string } }).configuration
      .hash
  const before = await version()
  await house.write({ session: { idle: '30m' } })
  gateway.hup()
  await expect.poll(version, { timeout: 10_000 }).not.toBe(before)
  const good = await version()
  await house.write({ session: { idle: 'soon' } })
  gateway.hup()
  const rejection = /^! the changed configuration file was rejected: .*einlass\.yaml:\d+:\d+: session\.idle: /m
  const status = async () => (await gateway.cli('status')).stdout
  await expect.poll(status, { timeout: 10_000 }).toMatch(rejection)
  expect(await version()).toBe(good)
  expect((await house.ask('/slow/0')).status).toBe(200)
  await house.write({ session: { idle: '30m' } })
  gateway.hup()
  await expect.poll(status, { timeout: 10_000 }).not.toMatch(rejection)
})
