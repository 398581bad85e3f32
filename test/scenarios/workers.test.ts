// Two workers on one port (SO_REUSEPORT): clients notice nothing when one dies or is replaced.

import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WorkerStatus } from '../../src/server/management/status.ts'
import { isRunning } from '../support/is-running.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person, WatchedSocket } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

// Most of these tests start processes, possibly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

let stage: TestEnvironment
let node: NodeProcess
let wiki: string

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }], public: [{ paths: ['/open/*'], methods: ['GET'] }] } },
    more: () => ({ gateway: { workers: 2 } }),
  })
  node = await stage.startNode('a')
  wiki = stage.origin('wiki')
})
afterAll(() => stage?.stop())

async function workers(): Promise<readonly WorkerStatus[]> {
  const { value } = await node.admin('GET', '/status')
  return (value as { workers: { processes: WorkerStatus[] } }).workers.processes
}

async function serving(): Promise<number[]> {
  return (await workers()).filter(({ state }) => state === 'serving').map(({ pid }) => pid)
}

/** Opens WebSockets until each worker has one. */
async function onBoth(person: Person): Promise<WatchedSocket[]> {
  const sockets: WatchedSocket[] = []
  while (sockets.length < 40) {
    sockets.push(await person.socket(`${wiki}/live`, node.port))
    const open = (await workers()).filter(({ state }) => state === 'serving').map((one) => one.open['websocket'] ?? 0)
    if (sockets.length >= 4 && open.length === 2 && Math.min(...open) > 0) return sockets
  }
  throw new Error('all 40 connections reached the same worker')
}

interface Knocking {
  readonly answered: number
  readonly failures: Map<string, number>
  stop(): Promise<void>
}

/** Starts clients that open a new connection for each request, until stopped. */
function knock(clients = 8): Knocking {
  const knocking = { answered: 0, failures: new Map<string, number>() }
  const until = new AbortController()
  const host = new URL(wiki).host
  const once = (): Promise<void> =>
    new Promise((done) => {
      const socket = connect(node.port, '127.0.0.1')
      let text = ''
      let failure: string | undefined
      socket.setTimeout(15_000, () => socket.destroy(new Error('no answer within 15 s')))
      socket.on('error', (error: NodeJS.ErrnoException) => (failure = error.code ?? error.message))
      socket.on('data', (chunk) => (text += chunk.toString('latin1')))
      socket.on('close', () => {
        if (failure === undefined && text.startsWith('HTTP/1.1 200 ')) knocking.answered++
        else {
          const what = failure ?? `closed after "${text.split('\r\n')[0]}"`
          knocking.failures.set(what, (knocking.failures.get(what) ?? 0) + 1)
        }
        done()
      })
      socket.write(`GET /open/door HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    })
  const all = Array.from({ length: clients }, async () => {
    while (!until.signal.aborted) {
      await once()
      await pause(2)
    }
  })
  return Object.assign(knocking, {
    async stop() {
      until.abort()
      await Promise.all(all)
    },
  })
}

describe('two workers on one port', () => {
  test('serve under one supervisor, as the status shows', async () => {
    expect(node.output()).toContain('einlass: 2 workers\n')
    const pids = await serving()
    expect(pids).toHaveLength(2)
    expect(pids).not.toContain(node.pid)
    const { code, stdout } = await node.cli('status')
    expect(code).toBe(0)
    expect(stdout).toContain(`process ${node.pid}, `)
    for (const pid of pids) expect(stdout).toMatch(new RegExp(`^worker {9}process ${pid}, serving since `, 'm'))
    // Secrets reach workers over the IPC channel only.
    const secrets = await Promise.all(['secret.key', 'client.secret'].map((file) => readFile(join(stage.folder, file))))
    for (const pid of pids) {
      const shown = await Promise.all(['cmdline', 'environ'].map((what) => readFile(`/proc/${pid}/${what}`, 'utf8')))
      expect(shown[0]).toContain('--worker')
      for (const secret of secrets) expect(shown.join()).not.toContain(secret.toString().trim())
    }
  })

  test('a session ended by command ends its connections on both within 1 s, and each worker counts its own', async ({
    annotate,
  }) => {
    const person = stage.person('erika')
    await person.signIn(wiki, node.port)
    const sockets = await onBoth(person)
    const { value } = await node.admin('GET', '/status')
    expect(value).toMatchObject({ open: { websocket: sockets.length } })
    const since = Date.now()
    expect((await node.admin('POST', '/sessions/end', { user: 'erika@example.com' })).status).toBe(200)
    await Promise.race([Promise.all(sockets.map(({ ended }) => ended)), pause(6_000)])
    for (const socket of sockets) expect(socket.endedAt(), 'it is over').toBeDefined()
    const last = Math.max(...sockets.map((socket) => socket.lastAt() - since))
    await annotate(`last byte on either worker: ${last} ms`)
    expect(last).toBeLessThan(1_000)
    // Also over new connections, to either worker.
    for (let round = 0; round < 6; round++) {
      const again = stage.person('erika')
      for (const [url, cookie] of [[wiki, person.jar.header(new URL(wiki))!]] as const) {
        expect((await again.ask(url, node.port, { headers: { cookie } })).status).toBe(401)
      }
      again.close()
    }
    person.close()
  })

  test('a removed rule ends what it allowed on both, is recorded once, and restarts no worker', async () => {
    const before = await serving()
    const erika = stage.person('erika')
    await erika.signIn(wiki, node.port)
    const sockets = await onBoth(erika)
    await stage.configure(({ apps }) => {
      apps['wiki'] = { ...apps['wiki'], policy: [{ allow: { groups: ['nobody'] } }] }
    })
    await Promise.race([Promise.all(sockets.map(({ ended }) => ended)), pause(8_000)])
    for (const socket of sockets) expect(socket.endedAt(), 'it is over').toBeDefined()
    expect(await serving()).toEqual(before)
    // Once at start, once now, however many processes applied it.
    const applied = async () => (await node.audit()).filter(({ class_uid }) => class_uid === 3004).length
    await expect.poll(applied, { timeout: 3_000 }).toBe(2)
    await stage.configure(({ apps }) => {
      apps['wiki'] = { ...apps['wiki'], policy: [{ allow: { groups: ['staff'] } }] }
    })
    await expect.poll(async () => (await erika.ask(wiki, node.port)).status, { timeout: 10_000 }).toBe(200)
    erika.close()
  })

  test('kill -9 of one worker: the other serves, a new one replaces it, and the audit records it', async ({
    annotate,
  }) => {
    const before = await serving()
    const erika = stage.person('erika')
    await erika.signIn(wiki, node.port)
    const sockets = await onBoth(erika)
    const victim = before[0]!
    const since = performance.now()
    process.kill(victim, 'SIGKILL')
    await expect.poll(() => sockets.some((socket) => socket.endedAt() !== undefined)).toBe(true)
    // Half a second after it is gone, all new connections reach the remaining worker.
    await pause(300)
    const knocking = knock(2)
    await pause(500)
    const alive = sockets.filter((socket) => socket.endedAt() === undefined)
    expect(alive.length).toBeGreaterThan(0)
    for (const socket of alive) await socket.echo('still here', 10_000)
    await expect.poll(serving, { timeout: 25_000, interval: 50 }).toHaveLength(2)
    await annotate(`two again after ${Math.round(performance.now() - since)} ms`)
    await knocking.stop()
    expect([...knocking.failures]).toEqual([])
    expect(knocking.answered).toBeGreaterThan(0)
    const after = await serving()
    expect(after).not.toContain(victim)
    expect(after).toContain(before[1])
    expect(JSON.stringify(await node.event((line) => line.class_uid === 2004))).toContain(`process ${victim}: SIGKILL`)
    erika.close()
  })

  test('a worker that hangs fails its health check and is replaced', async () => {
    const [hanging] = await serving()
    process.kill(hanging!, 'SIGSTOP')
    await expect.poll(serving, { timeout: 40_000, interval: 250 }).not.toContain(hanging)
    await expect.poll(serving, { timeout: 25_000, interval: 250 }).toHaveLength(2)
    const { stdout } = await node.cli('status')
    expect(stdout).toMatch(/^workers {8}2, 2 restarted after a crash$/m)
  })

  test('changed limits cause a rolling restart, and no connection is refused or broken', async ({ annotate }) => {
    const before = await serving()
    const erika = stage.person('erika')
    await erika.signIn(wiki, node.port)
    const download = await erika.stream(`${wiki}/download?bytes=20000000`, node.port)
    const knocking = knock()
    await stage.configure((configuration) => void (configuration['limits'] = { header_bytes: '40KB' }))
    await expect
      .poll(async () => (await serving()).filter((pid) => !before.includes(pid)).length, { timeout: 60_000 })
      .toBe(2)
    await pause(500)
    await knocking.stop()
    await annotate(`answered ${knocking.answered}, failed ${JSON.stringify([...knocking.failures])}`)
    expect([...knocking.failures]).toEqual([])
    expect(knocking.answered).toBeGreaterThan(100)
    // Open connections drain at their old worker.
    await download.ended
    expect(download.heard()).toBe(20_000_000)
    const after = await serving()
    expect(after.filter((pid) => before.includes(pid))).toEqual([])
    expect((await erika.ask(wiki, node.port)).status).toBe(200)
    await expect.poll(async () => (await workers()).length, { timeout: 20_000 }).toBe(2)
    erika.close()
  })

  test('audit settings change in the supervisor: no worker is restarted and no line lost', async () => {
    const before = await serving()
    const knocking = knock(2)
    const version = async (): Promise<string> =>
      ((await node.admin('GET', '/status')).value as Status).configuration.hash
    const old = await version()
    await stage.configure((configuration) => void (configuration['audit'] = { rotate: '200MB' }))
    await expect.poll(version, { timeout: 10_000 }).not.toBe(old)
    await pause(300)
    await knocking.stop()
    expect(await serving()).toEqual(before)
    expect([...knocking.failures]).toEqual([])
    // The last test checks that no sequence number is missing.
  })

  test('a rejected configuration changes no worker, and a worker that dies meanwhile restarts with the old one', async () => {
    const before = await serving()
    await stage.save('a', '{ gateway: nonsense }')
    node.hup()
    await expect
      .poll(async () => ((await node.admin('GET', '/status')).value as Status).configuration.refused.length, {
        timeout: 10_000,
      })
      .toBeGreaterThan(0)
    expect(await serving()).toEqual(before)
    process.kill(before[1]!, 'SIGKILL')
    await expect
      .poll(async () => (await serving()).filter((pid) => !before.includes(pid)), { timeout: 25_000 })
      .toHaveLength(1)
    const erika = stage.person('erika')
    expect((await erika.signIn(wiki, node.port)).status).toBe(200)
    await stage.configure(() => undefined)
    await expect
      .poll(async () => ((await node.admin('GET', '/status')).value as Status).configuration.refused, {
        timeout: 10_000,
      })
      .toEqual([])
    erika.close()
  })

  test('all audit lines of both are in one file without a gap, up to the last before the exit', async () => {
    const erika = stage.person('erika')
    await erika.signIn(wiki, node.port)
    const download = await erika.stream(`${wiki}/download?bytes=30000000`, node.port)
    const knocking = knock(2)
    await pause(500)
    await knocking.stop()
    const code = await node.stop()
    await download.ended
    expect(code).toBe(0)
    expect(download.heard()).toBe(30_000_000)
    const lines = await node.audit()
    const sequences = new Map<string, number[]>()
    for (const { metadata } of lines) {
      const { uid } = (metadata as unknown as { reporter: { uid: string } }).reporter
      sequences.set(uid, [...(sequences.get(uid) ?? []), metadata.sequence])
    }
    // The supervisor, and every worker so far.
    expect(sequences.size).toBeGreaterThan(3)
    for (const numbers of sequences.values()) expect(numbers).toEqual(numbers.map((_one, index) => index + 1))
    expect(lines.filter((line) => JSON.stringify(line).includes('"/download"'))).toHaveLength(2)
    const ended = lines.at(-1)!
    expect(ended.class_uid).toBe(4002)
    erika.close()
  })
})

interface Status {
  readonly configuration: { readonly hash: string; readonly refused: readonly string[] }
}

test('workers of a killed supervisor exit, so that the next one can start', async () => {
  node = await stage.startNode('a')
  const pids = await serving()
  expect(pids).toHaveLength(2)
  await node.kill9()
  // In a container the new parent of the workers may be a process that reaps no children.
  const alive = (): number[] => pids.filter(isRunning)
  await expect.poll(alive, { timeout: 5_000 }).toEqual([])
  node = await stage.startNode('a')
  expect(await node.stop()).toBe(0)
})

test('a crash loop of workers ends the supervisor with an error', async () => {
  const hopeless = await stage.startNode('a')
  const giveUp = /^einlass: stopping: the workers die/m
  const until = Date.now() + 60_000
  while (!giveUp.test(hopeless.output()) && Date.now() < until) {
    const { value } = await hopeless.admin('GET', '/status').catch(() => ({ value: undefined }))
    const processes = (value as { workers?: { processes: WorkerStatus[] } } | undefined)?.workers?.processes ?? []
    for (const { pid } of processes) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has already exited.
      }
    }
    await pause(50)
  }
  expect(hopeless.output()).toMatch(giveUp)
  expect(await hopeless.stop()).toBe(1)
})
