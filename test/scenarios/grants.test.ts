// Grants end to end: given and revoked by command, ended by the clock, with the same effect on every node.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Grant } from '../../src/policy/grant.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let machines: string
let miro: Person

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      machines: { policy: [{ name: 'maintenance', allow: { grant: 'required' } }] },
      wiki: { policy: [{ allow: { grant: 'required' } }] },
    },
  })
  a = await stage.startNode('a')
  b = await stage.startNode('b')
  machines = stage.origin('machines')
  miro = stage.person('miro')
  expect((await miro.signIn(machines, a.port)).status).toBe(403)
})
afterAll(() => stage?.stop())

async function give(...words: string[]): Promise<Grant> {
  const command = await a.cli('grants', 'add', '--who', 'company|miro', '--json', ...words)
  expect(command).toMatchObject({ code: 0, stderr: '' })
  return JSON.parse(command.stdout) as Grant
}

async function code(url: string, node: NodeProcess, method = 'GET'): Promise<[number, string | undefined]> {
  const { status, body } = await miro.ask(url, node.port, { method })
  return [status, status === 200 ? undefined : (JSON.parse(body) as { reasons: { code: string }[] }).reasons[0]?.code]
}

test('a grant opens one app for one user on every node, and everything open ends within a second of its end', async ({
  annotate,
}) => {
  expect(await code(machines, b)).toEqual([403, 'grant_required'])
  const { until } = await give('--app', 'machines', '--level', 'full', '--for', '5s', '--reason', 'Press 4')
  for (let waited = 0; (await miro.ask(machines, b.port)).status !== 200; waited += 25) {
    expect(waited).toBeLessThan(2_000)
    await pause(25)
  }
  expect(await code(machines, a)).toEqual([200, undefined])
  expect((await stage.person('erika').signIn(machines, a.port)).status).toBe(403)
  const open = {
    'WebSocket, node a': await miro.socket(`${machines}/live`, a.port),
    'WebSocket, node b': await miro.socket(`${machines}/live`, b.port),
    'download, node a': await miro.stream(`${machines}/download?bytes=Infinity`, a.port),
    'events, node b': await miro.stream(`${machines}/events`, b.port),
  }
  await pause(until - Date.now() - 100)
  for (const [name, one] of Object.entries(open)) expect(one.endedAt(), `${name} is open until the end`).toBeUndefined()
  await Promise.race([Promise.all(Object.values(open).map(({ ended }) => ended)), pause(4_000)])
  for (const [name, one] of Object.entries(open)) {
    expect(one.endedAt(), `${name} is over`).toBeDefined()
    await annotate(`${name}: last byte ${one.lastAt() - until} ms after the end`)
    expect(one.lastAt() - until).toBeLessThan(1_000)
    expect(one.endedAt()! - until).toBeGreaterThanOrEqual(0)
  }
  expect(await code(machines, a)).toEqual([403, 'grant_expired'])
  expect(await code(machines, b)).toEqual([403, 'grant_expired'])
})

test('a grant revoked on one node cuts the connections that depend on it on both, and no others', async ({
  annotate,
}) => {
  const { id } = await give('--app', 'machines', '--level', 'full', '--for', '1h')
  await give('--app', 'wiki', '--level', 'full', '--for', '1h')
  await pause(1_200)
  const [here, there] = [await miro.socket(`${machines}/live`, a.port), await miro.socket(`${machines}/live`, b.port)]
  const other = await miro.socket(`${stage.origin('wiki')}/live`, b.port).catch(async () => {
    await miro.signIn(stage.origin('wiki'), b.port)
    return miro.socket(`${stage.origin('wiki')}/live`, b.port)
  })
  expect(await a.cli('grants', 'revoke', id)).toMatchObject({ code: 0, stdout: `revoked ${id}\n` })
  const { time } = await a.event((line) => line.class_uid === 3005 && line.status_detail === 'revoked')
  await Promise.race([Promise.all([here.ended, there.ended]), pause(4_000)])
  await annotate(`revoked: ${here.lastAt() - time} ms here, ${there.lastAt() - time} ms on the other node`)
  expect(here.endedAt(), 'here').toBeDefined()
  expect(here.lastAt() - time).toBeLessThan(1_000)
  expect(there.endedAt(), 'there').toBeDefined()
  expect(there.lastAt() - time).toBeLessThan(2_000)
  await other.echo('unconcerned')
  expect((await code(machines, b))[0]).toBe(403)
  expect((await a.cli('grants', 'revoke', id)).code).toBe(1)
})

test('a grant of level read allows no writes and no WebSocket', async () => {
  await give('--app', 'machines', '--level', 'read', '--for', '1h')
  expect(await code(machines, a)).toEqual([200, undefined])
  expect(await code(machines, a, 'POST')).toEqual([403, 'read_only'])
  await expect(miro.socket(`${machines}/live`, a.port)).rejects.toMatchObject({ code: 403 })
})

test('a grant has no effect before its start', async () => {
  const from = new Date(Date.now() + 3_000).toISOString()
  const wiki = stage.origin('wiki')
  const erika = stage.person('erika')
  await erika.signIn(wiki, b.port)
  const words = [
    'grants',
    'add',
    '--who',
    'company|mailto:erika@example.com',
    '--app',
    'wiki',
    '--from',
    from,
    '--for',
    '1h',
  ]
  const command = await b.cli(...words)
  expect(command.code).toBe(0)
  const pending = await erika.ask(wiki, b.port)
  expect(pending.status).toBe(403)
  expect(JSON.parse(pending.body)).toMatchObject({ reasons: [{ code: 'grant_pending' }] })
  await pause(Date.parse(from) - Date.now() + 50)
  expect((await erika.ask(wiki, b.port)).status).toBe(200)
})

test('an invalid command is an error and gives nothing', async () => {
  const before = ((await a.admin('GET', '/grants')).value as Grant[]).length
  const wrong = [
    ['--who', 'company|miro', '--app', 'nowhere', '--for', '1h'],
    ['--who', 'elsewhere|miro', '--app', 'wiki', '--for', '1h'],
    ['--who', 'company|miro', '--app', 'wiki'],
    ['--who', 'company|miro', '--app', 'wiki', '--until', '2020-01-01T00:00Z'],
  ]
  for (const words of wrong) {
    const command = await a.cli('grants', 'add', ...words)
    expect(command.code).not.toBe(0)
    expect(command.stderr).toMatch(/^einlass grants: .+\n$/)
  }
  expect(((await a.admin('GET', '/grants')).value as Grant[]).length).toBe(before)
})
