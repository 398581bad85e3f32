// Signals to a running gateway: what is open is finished, a second word cuts it, SIGHUP reads the file again.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createHouse } from './environment.ts'

test('SIGTERM lets a request that is open finish, takes no new ones, and ends with 0', async () => {
  const house = await createHouse('sqlite:einlass.db')
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
  // The line about it was written before the process was gone.
  const lines = (await gateway.audit()).filter((line) => JSON.stringify(line).includes('/slow/1500'))
  expect(lines.map(({ class_uid }) => class_uid)).toEqual([4002])
})

test('a second SIGTERM cuts what is still open, and it is recorded all the same', async () => {
  const house = await createHouse()
  const gateway = await house.start()
  const { body } = await house.ask('/stream')
  process.kill(gateway.pid, 'SIGTERM')
  await expect.poll(gateway.output).toContain('finishing open requests; once more to cut them')
  // Within half a second it counts as the same word, which a terminal and a launcher both pass on.
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

test('a connection on which nothing is asked does not hold up the end', async () => {
  const { connect } = await import('node:net')
  const house = await createHouse()
  const gateway = await house.start()
  const socket = connect(house.port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  expect(await gateway.stop()).toBe(0)
  await closed
})

test('SIGHUP reads the file again: a good one is in force, a bad one changes nothing and is told', async () => {
  const house = await createHouse()
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
  await expect.poll(async () => (await gateway.cli('status')).code, { timeout: 10_000 }).toBe(1)
  const { stdout } = await gateway.cli('status')
  expect(stdout).toMatch(/^! the configuration file was changed and refused: .*einlass\.yaml:\d+:\d+: session\.idle: /m)
  expect(await version()).toBe(good)
  expect((await house.ask('/slow/0')).status).toBe(200)
  await house.write({ session: { idle: '30m' } })
  gateway.hup()
  await expect.poll(async () => (await gateway.cli('status')).code, { timeout: 10_000 }).toBe(0)
})
