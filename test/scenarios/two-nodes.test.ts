// Two gateways on one Redis: a session is valid on both, and what ends on one ends on the other, with or without pub/sub.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person, Watched } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let wiki: string

beforeAll(async () => {
  stage = await startTestEnvironment({ apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }] } } })
  a = await stage.startNode('a')
  b = await stage.startNode('b')
  wiki = stage.origin('wiki')
})
afterAll(() => stage?.stop())

/** An endless download, like one that would last an hour. */
const endless = '/download?bytes=Infinity'

async function openEverything(person: Person, node: NodeProcess): Promise<Record<string, Watched>> {
  return {
    socket: await person.socket(`${wiki}/live`, node.port),
    events: await person.stream(`${wiki}/events`, node.port),
    download: await person.stream(`${wiki}${endless}`, node.port),
  }
}

/** Milliseconds from `since` to the last byte of each stream; fails when one is still open. */
async function lastBytes(open: Record<string, Watched>, since: number): Promise<Record<string, number>> {
  await Promise.race([Promise.all(Object.values(open).map(({ ended }) => ended)), pause(6_000)])
  const heard = Object.values(open).map((one) => one.heard())
  await pause(500)
  expect(Object.values(open).map((one) => one.heard())).toEqual(heard)
  for (const [name, one] of Object.entries(open)) expect(one.endedAt(), `${name} is over`).toBeDefined()
  return Object.fromEntries(Object.entries(open).map(([name, one]) => [name, one.lastAt() - since]))
}

async function sessionOf(person: Person, node: NodeProcess): Promise<string> {
  const answer = await person.ask(`${wiki}/.einlass/session`, node.port)
  expect(answer.status).toBe(200)
  const { value } = await node.admin('GET', '/sessions')
  const own = (value as { id: string; subject: { sub: string }; createdAt: number }[])
    .filter(({ subject }) => subject.sub === person.username)
    .toSorted((one, other) => other.createdAt - one.createdAt)
  return own[0]!.id
}

describe('two nodes on one Redis', () => {
  test('a session from one node is valid on the other, with the same cookie', async () => {
    const person = stage.person('erika')
    const seen = await person.signIn(`${wiki}/page/7?part=2`, a.port)
    expect(seen.status).toBe(200)
    expect(JSON.parse(seen.body)).toMatchObject({ url: '/page/7?part=2' })
    expect((await person.ask(`${wiki}/page/8`, b.port)).status).toBe(200)
    expect((await person.ask(`${wiki}/page/8`, a.port)).status).toBe(200)
  })

  test('a session ended by command on one ends its open connections on the other within 2 s', async ({ annotate }) => {
    const person = stage.person('erika')
    await person.signIn(wiki, a.port)
    const open = await openEverything(person, b)
    const id = await sessionOf(person, b)
    const command = await a.cli('sessions', 'end', id)
    expect(command).toMatchObject({ code: 0, stdout: `ended ${id}\n` })
    const ended = await a.event(
      (line) =>
        line.class_uid === 3002 && line.status_detail === 'session_revoked' && JSON.stringify(line).includes(id),
    )
    const times = await lastBytes(open, ended.time)
    await annotate(`other node, by command: ${JSON.stringify(times)} ms`)
    for (const time of Object.values(times)) expect(time).toBeLessThan(2_000)
    expect(stage.app.open()).toBe(0)
    const refused = await person.ask(wiki, b.port)
    expect(refused.status).toBe(401)
    expect(JSON.parse(refused.body)).toMatchObject({ reasons: [{ code: 'session_revoked' }] })
  })

  test('on the same node everything ends within 1 s', async ({ annotate }) => {
    const person = stage.person('erika')
    await person.signIn(wiki, a.port)
    const open = await openEverything(person, a)
    const id = await sessionOf(person, a)
    const since = Date.now()
    expect((await a.admin('POST', '/sessions/end', { id })).status).toBe(200)
    const times = await lastBytes(open, since)
    await annotate(`same node: ${JSON.stringify(times)} ms`)
    for (const time of Object.values(times)) expect(time).toBeLessThan(1_000)
  })

  test('without pub/sub, polling the change log alone keeps the limit, repeatedly', async ({ annotate }) => {
    await stage.redis.command('ACL', 'SETUSER', 'default', '-subscribe', '-ssubscribe', '-psubscribe')
    try {
      await stage.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
      for (let round = 0; round < 3; round++) {
        expect(await stage.redis.command('PUBSUB', 'NUMSUB', 'einlass:hints')).toContain(':0')
        const person = stage.person('erika')
        await person.signIn(wiki, a.port)
        const open = await openEverything(person, b)
        const id = await sessionOf(person, b)
        // At a different moment between two polls each time.
        await pause(round * 330)
        const since = Date.now()
        expect((await a.admin('POST', '/sessions/end', { id })).status).toBe(200)
        const times = await lastBytes(open, since)
        await annotate(`other node, sweep only: ${JSON.stringify(times)} ms`)
        for (const time of Object.values(times)) expect(time).toBeLessThan(2_000)
        expect((await person.ask(wiki, b.port)).status).toBe(401)
      }
    } finally {
      await stage.redis.command('ACL', 'SETUSER', 'default', '+subscribe', '+ssubscribe', '+psubscribe')
    }
  })

  test('repeatedly killed subscriptions lose only the hint to poll early', async ({ annotate }) => {
    const killing = setInterval(() => {
      stage.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub').catch(() => {})
    }, 50)
    try {
      const person = stage.person('erika')
      await person.signIn(wiki, b.port)
      const open = await openEverything(person, b)
      const since = Date.now()
      const ended = await a.admin('POST', '/sessions/end', { user: 'erika@example.com' })
      expect(ended.status).toBe(200)
      const times = await lastBytes(open, since)
      await annotate(`other node, pub/sub killed every 50 ms: ${JSON.stringify(times)} ms`)
      for (const time of Object.values(times)) expect(time).toBeLessThan(2_000)
    } finally {
      clearInterval(killing)
    }
  })

  test('a sign-out on one node applies to the other', async ({ annotate }) => {
    const person = stage.person('erika')
    await person.signIn(wiki, a.port)
    const open = await openEverything(person, b)
    const since = Date.now()
    const left = await person.ask(`${wiki}/.einlass/sign-out`, a.port, { method: 'POST', page: true, body: '' })
    expect(left.status).toBe(200)
    const times = await lastBytes(open, since)
    await annotate(`other node, signed out: ${JSON.stringify(times)} ms`)
    for (const time of Object.values(times)) expect(time).toBeLessThan(2_000)
    expect((await person.ask(wiki, b.port)).status).toBe(401)
  })
})
