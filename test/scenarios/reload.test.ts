// Hot reload of a running gateway: a change affects exactly the connections it concerns.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Status } from '../../src/server/management/status.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type Json, type TestEnvironment } from '../support/test-environment.ts'

const technicians = { name: 'technicians', allow: { groups: ['technicians'] } }

let stage: TestEnvironment
let node: NodeProcess
let wiki: string
let erika: Person
let miro: Person

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: { wiki: { policy: [{ name: 'staff', allow: { groups: ['staff'] } }, technicians] } },
  })
  node = await stage.startNode('a')
  wiki = stage.origin('wiki')
  erika = stage.person('erika')
  miro = stage.person('miro')
  expect((await erika.signIn(wiki, node.port)).status).toBe(200)
  expect((await miro.signIn(wiki, node.port)).status).toBe(200)
})
afterAll(() => stage?.stop())

const changes = async (outcome: string): Promise<number> =>
  (await node.audit()).filter((line) => line.class_uid === 3004 && line.status_detail === outcome).length

/** Resolves when the audit contains more than `before` such events. */
async function another(outcome: string, before: number): Promise<void> {
  for (let waited = 0; (await changes(outcome)) <= before; waited += 25) {
    if (waited > 5_000) throw new Error(`nothing was ${outcome}`)
    await pause(25)
  }
}

const status = async (): Promise<Status> => (await node.admin('GET', '/status')).value as Status

describe('a saved file', () => {
  test('that removes a rule cuts the connections it allowed within a second, and no others', async ({ annotate }) => {
    const theirs = [await miro.socket(`${wiki}/live`, node.port), await miro.stream(`${wiki}/events`, node.port)]
    const hers = await erika.socket(`${wiki}/live`, node.port)
    const saved = Date.now()
    await stage.configure(({ apps }) => void (apps['wiki']!['policy'] as unknown[]).pop())
    await Promise.race([Promise.all(theirs.map(({ ended }) => ended)), pause(5_000)])
    const { time } = await node.event((line) => line.class_uid === 3004 && line.time >= saved)
    for (const one of theirs) {
      expect(one.endedAt(), 'it is over').toBeDefined()
      await annotate(`cut ${one.lastAt() - time} ms after it was in force, ${one.lastAt() - saved} ms after saving`)
      expect(one.lastAt() - time).toBeLessThan(1_000)
    }
    await pause(500)
    expect(hers.endedAt()).toBeUndefined()
    await hers.echo('unconcerned')
    expect((await miro.ask(wiki, node.port)).status).toBe(403)
    expect((await erika.ask(wiki, node.port)).status).toBe(200)
  })

  test('that restores the rule allows them again without a new sign-in', async () => {
    const before = await changes('applied')
    await stage.configure(({ apps }) => void (apps['wiki']!['policy'] as unknown[]).push(technicians))
    await another('applied', before)
    expect((await miro.ask(wiki, node.port)).status).toBe(200)
  })

  test('with a new app is served at once', async () => {
    const notes = stage.origin('notes')
    expect((await erika.ask(notes, node.port)).status).toBe(404)
    const before = await changes('applied')
    await stage.configure(({ apps }) => {
      apps['notes'] = { from: notes, to: stage.app.origin, policy: [{ allow: { users: ['erika@example.com'] } }] }
    })
    await another('applied', before)
    expect((await erika.signIn(notes, node.port)).status).toBe(200)
    expect((await miro.signIn(notes, node.port)).status).toBe(403)
  })

  test('that removes an app ends its open connections', async () => {
    const notes = stage.origin('notes')
    const socket = await erika.socket(`${notes}/live`, node.port)
    const other = await erika.socket(`${wiki}/live`, node.port)
    await stage.configure(({ apps }) => void delete apps['notes'])
    await Promise.race([socket.ended, pause(5_000)])
    expect(socket.endedAt(), 'it is over').toBeDefined()
    expect((await erika.ask(notes, node.port)).status).toBe(404)
    await other.echo('unconcerned')
  })

  test('that is invalid changes nothing, and is reported in the audit and by `einlass status`', async () => {
    const sockets = [await erika.socket(`${wiki}/live`, node.port), await miro.socket(`${wiki}/live`, node.port)]
    const { configuration } = await status()
    const before = await changes('refused')
    await stage.save('a', 'gateway: { url: nonsense }\napps: { wiki: { polcy: [] } }\n')
    await another('refused', before)
    const told = (await status()).configuration
    expect(told).toMatchObject({ hash: configuration.hash, appliedAt: configuration.appliedAt })
    expect(told.refused.join('\n')).toMatch(/a\.yaml:2:\d+: .*polcy/)
    const command = await node.cli('status')
    expect(command.code).toBe(1)
    expect(command.stdout).toContain('! the changed configuration file was rejected')
    for (const socket of sockets) await socket.echo('unconcerned')
    expect((await erika.ask(wiki, node.port)).status).toBe(200)
  })
})

test('SIGHUP reloads: a file that is still invalid is reported again', async () => {
  const before = await changes('refused')
  node.hup()
  await another('refused', before)
})

test('a corrected file is applied, and the status has no problem left', async () => {
  await stage.configure(({ apps }) => void ((apps['wiki'] as Json)['title'] = 'The wiki'))
  for (let waited = 0; (await status()).configuration.refused.length > 0; waited += 25) {
    if (waited > 5_000) throw new Error('the status still has a problem')
    await pause(25)
  }
  expect((await node.cli('status')).code).toBe(0)
  expect((await erika.ask(wiki, node.port)).status).toBe(200)
})
