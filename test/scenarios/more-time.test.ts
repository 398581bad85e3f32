// More time for a grant of the configuration, end to end on two nodes: asked for on one, approved on the other, and nothing breaks off.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Answer, Person } from '../support/user-client.ts'
import { startTestEnvironment, type Json, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let machines: string
let miro: Person
let erika: Person
let until: number
const hour = 3_600_000

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: { machines: { policy: [{ name: 'maintenance', allow: { grant: 'required' } }] } },
  })
  until = Math.ceil(Date.now() / 1000) * 1000 + 35_000
  await stage.configure((configuration) => {
    ;(configuration['identity'] as Json)['external_people'] = ['miro@partner.example']
    configuration['grants'] = [
      {
        who: 'miro@partner.example',
        app: 'machines',
        level: 'full',
        from: new Date(until - 2 * hour).toISOString(),
        until: new Date(until).toISOString(),
        sponsor: 'erika@example.com',
        reason: 'Press 4',
      },
    ]
  })
  a = await stage.startNode('a')
  b = await stage.startNode('b')
  machines = stage.origin('machines')
  miro = stage.person('miro')
  erika = stage.person('erika')
})
afterAll(() => stage?.stop())

const send = (person: Person, node: NodeProcess, path: string, fields: Record<string, string>): Promise<Answer> =>
  person.ask(`${stage.gateway}${path}`, node.port, {
    method: 'POST',
    page: true,
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: stage.gateway },
  })

test('a WebSocket and a download go on across the end, on both nodes, because the sponsor gave more time', async ({
  annotate,
}) => {
  expect((await miro.signIn(machines, a.port)).status).toBe(200)
  const open = {
    'WebSocket, node a': await miro.socket(`${machines}/live`, a.port),
    'WebSocket, node b': await miro.socket(`${machines}/live`, b.port),
    'download, node a': await miro.stream(`${machines}/download?bytes=Infinity`, a.port),
    'download, node b': await miro.stream(`${machines}/download?bytes=Infinity`, b.port),
  }

  const [grant] = JSON.parse((await a.cli('grants', 'list', '--json')).stdout) as { id: string }[]
  const { body } = await miro.ask(`${stage.gateway}/grants/${grant!.id}`, a.port, { page: true })
  expect(body).toContain('class="countdown"')
  expect(body).toContain(`extends=${grant!.id}`)
  const asked = await send(miro, a, '/requests/new', {
    app: 'machines',
    extends: grant!.id,
    level: 'full',
    length: String(hour),
    reason: 'Not done yet',
  })
  expect([asked.status, asked.headers.location]).toEqual([303, expect.stringMatching(/^\/requests\//)])
  const id = asked.headers.location!.slice('/requests/'.length)

  // Neither the holder nor somebody else approves it.
  const ada = stage.person('ada')
  await ada.signIn(`${stage.gateway}/`, b.port)
  const foreign = await send(ada, b, `/approvals/${id}`, { act: 'approve' })
  expect(foreign.status).toBe(404)
  await send(miro, b, `/approvals/${id}`, { act: 'approve' })
  expect(((await a.admin('GET', '/grants')).value as unknown[]).length).toBe(1)

  expect((await erika.signIn(`${stage.gateway}/approvals/${id}`, b.port)).status).toBe(200)
  const approved = await send(erika, b, `/approvals/${id}`, { act: 'approve', length: String(hour), level: 'full' })
  expect(approved.headers.location).toContain(id)
  expect(Date.now()).toBeLessThan(until - 1000)

  await pause(until - Date.now() + 3000)
  for (const [name, one] of Object.entries(open)) {
    expect(one.endedAt(), `${name} goes on`).toBeUndefined()
    await annotate(`${name}: last byte ${one.lastAt() - until} ms after the end of the first grant`)
  }
  for (const socket of [open['WebSocket, node a'], open['WebSocket, node b']]) await socket.echo('still here')
  for (const download of [open['download, node a'], open['download, node b']])
    expect(download.lastAt()).toBeGreaterThan(until + 1000)
  for (const node of [a, b]) expect((await miro.ask(machines, node.port)).status).toBe(200)
}, 60_000)
