// Emergency codes on two real nodes: a sealed code opens one app once, for its duration, and is recorded and notified.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Status } from '../../src/server/management/status.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let control: string
let miro: Person

beforeAll(async () => {
  const emergency = { eligible: { groups: ['it-admins'] }, reviewers: { groups: ['staff'] }, codes: true }
  stage = await startTestEnvironment({
    apps: {
      control: { policy: [{ name: 'for a while', allow: { grant: 'required' } }], emergency },
      wiki: { policy: [{ allow: {} }] },
    },
    more: () => ({ baseline: { mfa: true } }),
  })
  a = await stage.startNode('a')
  b = await stage.startNode('b')
  control = stage.origin('control')
  miro = stage.person('miro')
  await stage.providerWire.cut()
})
afterAll(() => stage?.stop())

async function create(seconds: number): Promise<{ code: string; id: string }> {
  const made = await a.cli('emergency', 'create', '--app', 'control', '--for', `${seconds}s`, '--json')
  expect(made).toMatchObject({ code: 0, stderr: '' })
  const { code, record } = JSON.parse(made.stdout) as { code: string; record: { id: string } }
  return { code, id: record.id }
}

const use = (person: Person, node: NodeProcess, code: string) =>
  person.ask(`${stage.gateway}/emergency`, node.port, {
    method: 'POST',
    page: true,
    body: new URLSearchParams({ code, name: 'Max Muster', reason: 'Line 4 stands' }).toString(),
  })

test('a code opens its app only, on both nodes, until its end, whatever the policy requires', async () => {
  const { code, id } = await create(6)
  expect((await use(miro, b, 'ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ')).status).toBe(422)
  expect((await use(miro, b, code.toLowerCase())).status).toBeLessThan(400)
  const since = Date.now()
  expect((await miro.signIn(`${control}/`, a.port)).status).toBe(200)
  const other = await miro.ask(control, b.port)
  expect(other.status, other.body).toBe(200)
  const socket = await miro.socket(`${control}/live`, b.port)
  // Not even an app that every signed-in user may open.
  expect((await miro.signIn(`${stage.origin('wiki')}/`, a.port)).status).toBeGreaterThanOrEqual(403)

  expect((await use(stage.person('ada'), a, code)).status).toBe(422)
  expect((await a.cli('emergency', 'list')).stdout).toMatch(new RegExp(`^${id} .* used `, 'm'))
  expect((await a.cli('status')).stdout).toContain('1 emergencies not reviewed')
  const alarm = await b.event(
    (line) => line.class_uid === 2004 && JSON.stringify(line).includes('An emergency code opened control'),
  )
  expect(JSON.stringify(alarm)).toContain(id)
  for (const node of [a, b]) expect(JSON.stringify(await node.audit())).not.toContain(code)

  await Promise.race([socket.ended, pause(8_000)])
  expect(socket.endedAt()).toBeDefined()
  expect(socket.lastAt() - since).toBeLessThan(7_000)
  expect((await miro.ask(control, a.port)).status).not.toBe(200)
  expect((await miro.ask(control, b.port)).status).not.toBe(200)

  const listed = (await b.admin('GET', '/requests?state=unreviewed')).value as { id: string }[]
  expect(listed).toHaveLength(1)
  expect((await b.cli('requests', 'review', listed[0]!.id, '--comment', 'the pump')).code).toBe(0)
  expect((await b.cli('requests', 'list')).stdout).toContain('emergency, reviewed')
})

test('status says it first, and sessions, requests, audit and log have the stated name', async () => {
  const { code, id } = await create(600)
  expect((await use(stage.person('erika'), b, code)).status).toBeLessThan(400)
  const status = await a.cli('status')
  expect(status).toMatchObject({ code: 1, stdout: expect.stringContaining('emergencies not reviewed') })
  expect(status.stdout.split('\n')[0]).toMatch(
    new RegExp(
      `^! EMERGENCY ACCESS to control is running: "Max Muster" \\(stated name, emergency\\|${id}\\); since .*; reason: "Line 4 stands"; end it with: einlass requests revoke `,
    ),
  )
  expect((await b.cli('sessions', 'list')).stdout).toMatch(
    new RegExp(`"Max Muster" \\(stated name, emergency\\|${id}\\) +emergency .* EMERGENCY ACCESS to control`),
  )
  expect((await b.cli('requests', 'list')).stdout).toContain('"Max Muster" (stated name)')
  const opened = await b.event(
    (line) => JSON.stringify(line).includes('"activity":"opened"') && JSON.stringify(line).includes(id),
  )
  expect(opened).toMatchObject({
    unmapped: { request: { statedName: 'Max Muster', reason: 'Line 4 stands', emergency: true } },
  })
  expect(b.output()).toMatch(/"statedName":"Max Muster".*emergency access started/)
  expect(a.output()).not.toMatch(new RegExp(`${id}.*emergency access started`))
  const [request] = (await b.admin('GET', '/requests?state=unreviewed')).value as { id: string }[]
  await b.admin('POST', '/requests/revoke', { id: request!.id })
  await b.admin('POST', '/requests/review', { id: request!.id })
})

test('its grant ends with its session, and its session with its grant, on every node', async () => {
  for (const how of ['session', 'grant'] as const) {
    const { code, id } = await create(600)
    const person = stage.person(how === 'session' ? 'ada' : 'erika')
    expect((await use(person, a, code)).status).toBeLessThan(400)
    expect((await person.signIn(`${control}/`, a.port)).status).toBe(200)
    const mentions = async (path: string) => JSON.stringify((await b.admin('GET', path)).value).includes(id)
    const open = async () =>
      JSON.stringify(((await b.admin('GET', '/status')).value as Status).emergencies).includes(id)
    const listed = () => mentions('/sessions')
    expect([await open(), await listed()]).toEqual([true, true])
    if (how === 'session') await b.cli('sessions', 'end', '--user', `emergency|${id}`)
    else {
      const [request] = (await b.admin('GET', '/requests?state=unreviewed')).value as { id: string }[]
      await b.cli('requests', 'revoke', request!.id)
    }
    await expect.poll(async () => [await open(), await listed()], { timeout: 10_000 }).toEqual([false, false])
    expect([a, b].map((node) => node.output()).join('')).toMatch(
      new RegExp(`"who":"emergency\\|${id}".*emergency access ended`),
    )
    for (const { id: left } of (await b.admin('GET', '/requests?state=unreviewed')).value as { id: string }[]) {
      await b.cli('requests', 'review', left, '--comment', 'seen')
    }
  }
})

test('its session ends at once when the configuration disables codes', async () => {
  const { code } = await create(600)
  const ada = stage.person('ada')
  expect((await use(ada, a, code)).status).toBeLessThan(400)
  expect((await ada.signIn(`${control}/`, a.port)).status).toBe(200)
  const download = await ada.stream(`${control}/download?bytes=Infinity`, b.port)
  await stage.configure(({ apps }) => delete apps['control']!['emergency'])
  await Promise.race([download.ended, pause(6_000)])
  expect(download.endedAt()).toBeDefined()
  expect((await use(stage.person('erika'), a, code)).status).toBe(404)
})
