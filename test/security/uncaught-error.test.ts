// An error nobody foresaw: told without secrets, nothing new is taken, what is open is finished, the exit is not 0.

import { readFile } from 'node:fs/promises'
import http, { type IncomingMessage } from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHouse, root, type House } from './environment.ts'

let house: House

beforeEach(async () => {
  house = await createHouse()
})
afterEach(() => house.stop())

const planted = ['--import', join(root, 'test/security/throw-uncaught.mjs')]

/** Resolves with the error's code when nobody listens. */
function knock(port: number): Promise<string> {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('connect', () => (socket.destroy(), done('open')))
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''))
  })
}

/** An event stream of the app, for whoever this cookie belongs to. */
function stream(cookie: string): Promise<IncomingMessage> {
  const headers = { host: new URL(house.app).host, cookie }
  return new Promise((done, reject) => {
    http.get({ host: '127.0.0.1', port: house.port, path: '/events', agent: false, headers }, done).on('error', reject)
  })
}

test('it is told, the doors close, what is open goes on for a while, and the process ends with 1', async () => {
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
  // What was open is still served while nobody new is.
  const before = heard
  await expect.poll(() => heard).toBeGreaterThan(before + 2)
  expect(gateway.output()).toMatch(/^einlass: unforeseen, stopping: Error: planted at /m)
  expect(gateway.output()).not.toMatch(/planted-password|planted-code/)

  answer.destroy()
  expect(await gateway.gone).toBe(1)
  // The supervisor's question goes unanswered from now on.
  expect(await knock(house.operationsPort)).toBe('ECONNREFUSED')
  // What was open when it happened is in the audit all the same.
  expect(await house.audit()).toContain('/events')
})

test('a stream that never ends does not keep it: within the patience of a stop it is over', async () => {
  const gateway = await house.start({ node: planted })
  const erika = house.visitor()
  await erika.open(`${house.app}/`)
  const answer = await stream(erika.jar.header(new URL(house.app))!)
  answer.on('error', () => {})
  answer.resume()
  const ended = new Promise((done) => answer.once('close', done))
  const at = performance.now()
  gateway.signal('SIGUSR2')
  // Again and again: the first one decides.
  gateway.signal('SIGUSR2')
  expect(await gateway.gone).toBe(1)
  expect(performance.now() - at).toBeLessThan(15_000)
  await ended
})

test('a second process takes over at once where the first one ended', async () => {
  const first = await house.start({ node: planted })
  const erika = house.visitor()
  await erika.open(`${house.app}/`)
  first.signal('SIGUSR2')
  expect(await first.gone).toBe(1)
  await house.start()
  // Nothing acknowledged was lost: the session is still there.
  expect((await erika.ask(`${house.app}/`)).status).toBe(200)
})

test('the example unit starts it again within two seconds, and goes on trying', async () => {
  const unit = await readFile(join(root, 'deploy/einlass.service'), 'utf8')
  expect(unit).toMatch(/^Restart=on-failure$/m)
  // It takes about a second to open.
  expect(Number(/^RestartSec=(\d+)ms$/m.exec(unit)?.[1])).toBeLessThanOrEqual(1_000)
  expect(unit).toMatch(/^StartLimitIntervalSec=0$/m)
})
