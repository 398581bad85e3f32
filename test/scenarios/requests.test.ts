// Access requests and approvals with two real nodes on one Redis: a grant is effective everywhere at once, a revocation
// ends it everywhere, and a node killed in between leaves no partial state.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GrantRequest } from '../../src/grants/requests/request.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Answer, Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let machines: string
let miro: Person
let erika: Person
let thomas: Person

const requests = {
  eligible: { groups: ['technicians', 'it-admins'] },
  approvers: { groups: ['staff'] },
  max_duration: '4h',
  min_duration: '1s',
  levels: ['read', 'full'],
}

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: { machines: { policy: [{ name: 'granted', allow: { grant: 'required' } }], requests } },
  })
  a = await stage.startNode('a')
  b = await stage.startNode('b')
  machines = stage.origin('machines')
  miro = stage.person('miro')
  erika = stage.person('erika')
  thomas = stage.person('thomas')
  for (const [person, node] of [
    [miro, a],
    [erika, a],
    [thomas, b],
  ] as const) {
    await person.signIn(`${stage.gateway}/`, node.port)
  }
  expect((await miro.signIn(machines, a.port)).status).toBe(403)
})
afterAll(() => stage?.stop())

function send(person: Person, node: NodeProcess, path: string, fields: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams(fields).toString()
  return person.ask(`${stage.gateway}${path}`, node.port, { method: 'POST', body, page: true })
}

/** Submits the request form as a browser does. */
async function ask(person: Person, node: NodeProcess, seconds: number): Promise<string> {
  const own = { length: 'own', amount: String(seconds / 60), unit: 'minutes' }
  const fields = { app: 'machines', level: 'full', begin: 'now', reason: 'Press 4', ...own }
  const answer = await send(person, node, '/requests/new', { ...fields, length: String(seconds * 1000) })
  expect(answer.status).toBe(303)
  return /\/requests\/([^/?]+)/.exec(answer.headers.location!)![1]!
}

function approve(person: Person, node: NodeProcess, id: string, seconds: number): Promise<Answer> {
  return send(person, node, `/approvals/${id}`, { act: 'approve', level: 'full', length: String(seconds * 1000) })
}

async function showOn(node: NodeProcess, id: string): Promise<GrantRequest> {
  return (await node.admin('GET', `/requests/show?id=${id}`)).value as GrantRequest
}

async function grantsOn(node: NodeProcess): Promise<Grant[]> {
  return (await node.admin('GET', '/grants')).value as Grant[]
}

async function until(what: string, holds: () => Promise<boolean>, patience = 3_000): Promise<void> {
  const since = Date.now()
  while (!(await holds())) {
    expect(Date.now() - since, what).toBeLessThan(patience)
    await pause(25)
  }
}

const allowed = async (node: NodeProcess) => (await miro.ask(machines, node.port)).status === 200

test('requested on one node, approved for less on the other: opens the app on both, and ends everything when it expires', async () => {
  expect(await allowed(a)).toBe(false)
  const id = await ask(miro, a, 3600)
  await until('the approver’s node knows', async () => (await showOn(b, id)).state === 'open')
  await approve(miro, b, id, 5)
  expect(await showOn(b, id)).toMatchObject({ state: 'open', approvals: [] })
  expect((await approve(thomas, b, id, 5)).status).toBe(303)
  await until('it opens', async () => (await allowed(a)) && (await allowed(b)))
  const [grant] = (await grantsOn(a)).filter(({ basis }) => basis?.request === id)
  expect(grant).toMatchObject({ who: 'company|miro', level: 'full', givenBy: 'company|thomas' })
  expect(grant!.until - grant!.from).toBe(5_000)
  const open = [
    await miro.socket(`${machines}/live`, a.port),
    await miro.stream(`${machines}/download?bytes=Infinity`, b.port),
  ]
  await Promise.race([Promise.all(open.map(({ ended }) => ended)), pause(8_000)])
  for (const one of open) {
    expect(one.lastAt() - grant!.until, 'no byte after its end').toBeLessThan(1_000)
    expect(one.lastAt()).toBeGreaterThan(grant!.until - 1_000)
  }
  expect((await miro.ask(machines, a.port)).status).toBe(403)
})

test('two concurrent approvals on two nodes make one grant', async () => {
  for (let round = 0; round < 5; round++) {
    const id = await ask(miro, a, 600)
    await until('the other node knows', async () => (await showOn(b, id)).state === 'open')
    await Promise.all([approve(erika, a, id, 600), approve(thomas, b, id, 300)])
    const given: Grant[] = []
    await until('it is known', async () => {
      given.splice(0, 1, ...(await grantsOn(a)).filter(({ basis }) => basis?.request === id))
      return given.length > 0 && (await showOn(a, id)).state === 'approved'
    })
    expect(given).toHaveLength(1)
    expect(given[0]!.until - given[0]!.from).toBe(
      (await showOn(a, id)).terms!.until - (await showOn(a, id)).terms!.from,
    )
    expect((await b.cli('requests', 'revoke', id)).code).toBe(0)
  }
})

test('revoked on one node, a download on the other ends within 2 s', async ({ annotate }) => {
  const id = await ask(miro, a, 600)
  expect((await a.cli('requests', 'approve', id, '--for', '5m', '--json')).code).toBe(0)
  await until('it opens', () => allowed(b))
  const download = await miro.stream(`${machines}/download?bytes=Infinity`, b.port)
  const since = Date.now()
  expect((await a.admin('POST', '/requests/revoke', { id })).status).toBe(200)
  await Promise.race([download.ended, pause(4_000)])
  expect(download.endedAt()).toBeDefined()
  await annotate(`taken back: ${download.lastAt() - since} ms`)
  expect(download.lastAt() - since).toBeLessThan(2_000)
})

test('a node killed while it grants leaves no partial state', async ({ annotate }) => {
  const outcomes: string[] = []
  for (const wait of [0, 2, 4, 7]) {
    const id = await ask(miro, b, 600)
    await until('the dying node knows', async () => (await showOn(a, id)).state === 'open')
    const answered = approve(erika, a, id, 600).then(
      ({ status }) => status === 303,
      () => false,
    )
    await pause(wait)
    await a.kill9()
    const acknowledged = await answered
    // Either outcome is complete: the surviving node carries out a decision that was recorded.
    await until(
      'it is settled',
      async () => {
        const there = await showOn(b, id)
        const given = (await grantsOn(b)).some((grant) => grant.basis?.request === id)
        return there.state === 'open' ? !given && !acknowledged : there.state === 'approved' && given
      },
      35_000,
    )
    const { state } = await showOn(b, id)
    outcomes.push(`${wait} ms: ${state}${acknowledged ? ', acknowledged' : ''}`)
    const end = state === 'open' ? 'withdraw' : 'revoke'
    expect((await b.admin('POST', `/requests/${end}`, { id })).status).toBe(200)
    expect((await grantsOn(b)).filter((grant) => grant.basis?.request === id).length).toBe(state === 'open' ? 0 : 1)
    a = await stage.startNode('a')
  }
  await annotate(outcomes.join('; '))
})

test('invalid commands are one line of error each, and change nothing', async () => {
  const id = await ask(miro, a, 600)
  const before = await showOn(a, id)
  for (const words of [
    ['approve', id, '--for', '11m'],
    ['approve', 'nothing'],
    ['revoke', id],
    ['review', id],
  ]) {
    const command = await a.cli('requests', ...words)
    expect(command).toMatchObject({ code: 1, stdout: '' })
    expect(command.stderr).toMatch(/^einlass requests: [^\n]+\n$/)
  }
  expect(await showOn(a, id)).toEqual(before)
  const listed = await a.cli('requests', 'list', '--state', 'open')
  expect(listed.stdout).toContain(id)
  expect(listed.stdout).toContain('open, 0 of 1')
  expect((await a.cli('requests', 'show', id)).stdout).toContain('Press 4')
  expect((await a.cli('requests', 'deny', id, '--comment', 'not today')).code).toBe(0)
  expect((await a.cli('requests', 'deny', id)).stderr).toContain('already been decided or withdrawn')
  const pages = await a.cli('requests', 'list', '--limit', '1')
  expect(pages.stdout).toMatch(/more: einlass requests list --after \S+\n$/)
})

test('removing the entitlement from the configuration ends its grants on every node for good', async ({ annotate }) => {
  const id = await ask(miro, a, 600)
  expect((await a.admin('POST', '/requests/approve', { id })).status).toBe(200)
  await until('it opens', () => allowed(b))
  const socket = await miro.socket(`${machines}/live`, b.port)
  const since = Date.now()
  await stage.configure(({ apps }) => delete apps['machines']!['requests'])
  await Promise.race([socket.ended, pause(6_000)])
  expect(socket.endedAt()).toBeDefined()
  await annotate(`taken out of the configuration: ${socket.lastAt() - since} ms`)
  const revoked = await Promise.any(
    [a, b].map((node) =>
      node.event((line) => line.class_uid === 3005 && JSON.stringify(line).includes('entitlement_gone')),
    ),
  )
  expect(revoked.status_detail).toBe('revoked')
  await stage.configure(({ apps }) => void (apps['machines']!['requests'] = requests))
  await pause(1_000)
  expect(await allowed(a)).toBe(false)
  expect(await allowed(b)).toBe(false)
})
