// Uncaught error: logged without secrets, listeners close, open requests drain, exit code 1.

import { readFile } from 'node:fs/promises'
import http, { type IncomingMessage } from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSecurityEnvironment, root, type SecurityEnvironment } from './environment.ts'

let house: SecurityEnvironment

beforeEach(async () => {
  house = await createSecurityEnvironment()
})
afterEach(() => house.stop())

const planted = ['--import', join(root, 'test/security/throw-uncaught.mjs')]

/** Connects; resolves with `open` or the error code. */
function knock(port: number): Promise<string> {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('connect', () => (socket.destroy(), done('open')))
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''))
  })
}

/** Opens an event stream of the app with the session of this cookie. */
function stream(cookie: string): Promise<IncomingMessage> {
  const headers = { host: new URL(house.app).host, cookie }
  return new Promise((done, reject) => {
    http.get({ host: '127.0.0.1', port: house.port, path: '/events', agent: false, headers }, done).on('error', reject)
  })
}

test('it is logged, listeners close, open streams continue for a while, and the process exits with 1', async () => {
  const gateway = await house.start({ node: planted })
  const erika = house.visitor()
  expect((await erika.open(`${house.app}/`)).status).toBe(200)
  const answer = await stream(erika.jar.header(new URL(house.app))!)
  expect(answer.statusCode).toBe(200)
  let heard = 0
  answer.on('error', () => {})
  answer.on('data', () => (heard += 1))
  await expect.poll(() => heard).toBeGreaterThan(2)

  gateway.signal('SIGUSR2')
  await expect.poll(() => knock(house.port)).toBe('ECONNREFUSED')
  // Open streams are still served while new connections are refused.
  const before = heard
  await expect.poll(() => heard).toBeGreaterThan(before + 2)
  expect(gateway.output()).toMatch(/^einlass: unexpected error, stopping: Error: planted at /m)
  expect(gateway.output()).not.toMatch(/planted-password|planted-code/)

  answer.destroy()
  expect(await gateway.gone).toBe(1)
  // Health checks fail from now on.
  expect(await knock(house.operationsPort)).toBe('ECONNREFUSED')
  // The open stream is recorded nevertheless.
  expect(await house.audit()).toContain('/events')
})

test('an endless stream does not prevent the exit: it is cut after the shutdown timeout', async () => {
  const gateway = await house.start({ node: planted })
  const erika = house.visitor()
  await erika.open(`${house.app}/`)
  const answer = await stream(erika.jar.header(new URL(house.app))!)
  answer.on('error', () => {})
  answer.resume()
  const ended = new Promise((done) => answer.once('close', done))
  const at = performance.now()
  gateway.signal('SIGUSR2')
  // Further errors do not restart the timeout.
  gateway.signal('SIGUSR2')
  expect(await gateway.gone).toBe(1)
  expect(performance.now() - at).toBeLessThan(15_000)
  await ended
})

test('a second process can start at once after the first one exited', async () => {
  const first = await house.start({ node: planted })
  const erika = house.visitor()
  await erika.open(`${house.app}/`)
  first.signal('SIGUSR2')
  expect(await first.gone).toBe(1)
  await house.start()
  // No acknowledged write was lost: the session still exists.
  expect((await erika.ask(`${house.app}/`)).status).toBe(200)
})

test('the service unit restarts it within two seconds, without a limit', async () => {
  const unit = await readFile(join(root, 'deploy/einlass.service'), 'utf8')
  expect(unit).toMatch(/^Restart=on-failure$/m)
  // The start takes about a second.
  expect(Number(/^RestartSec=(\d+)ms$/m.exec(unit)?.[1])).toBeLessThanOrEqual(1_000)
  expect(unit).toMatch(/^StartLimitIntervalSec=0$/m)
})
