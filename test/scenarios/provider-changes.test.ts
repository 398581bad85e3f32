// Changes at the identity provider take effect: at the next re-validation, or at once with back-channel logout.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person, Watched } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

/** Milliseconds: `session.revalidate`, and the allowance for a refresh on a busy machine. */
const revalidate = 2_000
const slack = 1_000

let stage: TestEnvironment
let node: NodeProcess
let wiki: string
let finance: string

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      wiki: { policy: [{ allow: { groups: ['staff'] } }] },
      finance: { policy: [{ allow: { groups: ['finance'] } }] },
    },
    more: () => ({ session: { revalidate: '2s' } }),
  })
  node = await stage.startNode('a')
  wiki = stage.origin('wiki')
  finance = stage.origin('finance')
})
afterAll(() => stage?.stop())

async function signedIn(username: string, ...apps: string[]): Promise<Person> {
  const person = stage.person(username)
  for (const app of apps) expect((await person.signIn(app, node.port)).status).toBe(200)
  return person
}

/** Milliseconds from `since` to its last byte; fails when it goes on for longer than `most`. */
async function lastByte(watched: Watched, since: number, most: number): Promise<number> {
  await Promise.race([watched.ended, pause(since + most + 1_000 - Date.now())])
  expect(watched.endedAt(), 'it is over').toBeDefined()
  expect(watched.lastAt() - since).toBeLessThan(most)
  return watched.lastAt() - since
}

async function code(person: Person, url: string): Promise<[number, string | undefined]> {
  const { status, body } = await person.ask(url, node.port)
  return [status, status === 200 ? undefined : (JSON.parse(body) as { reasons: { code: string }[] }).reasons[0]?.code]
}

test('a user whose account is unchanged notices no re-validation', async () => {
  const erika = await signedIn('erika', wiki)
  const socket = await erika.socket(`${wiki}/live`, node.port)
  const before = stage.provider.tokenRequests()
  const until = Date.now() + 5_000
  while (Date.now() < until) {
    expect((await erika.ask(wiki, node.port)).status).toBe(200)
    await pause(50)
  }
  await socket.echo('still here')
  const asked = stage.provider.tokenRequests() - before
  expect(asked).toBeGreaterThanOrEqual(2)
  expect(asked).toBeLessThanOrEqual(5)
})

test('removal from a group takes effect at the next re-validation, also for open connections', async ({ annotate }) => {
  const thomas = await signedIn('thomas', finance, wiki)
  const [inFinance, inWiki] = [
    await thomas.socket(`${finance}/live`, node.port),
    await thomas.socket(`${wiki}/live`, node.port),
  ]
  const since = Date.now()
  stage.provider.setGroups('thomas', ['staff'])
  await annotate(`group removed: ${await lastByte(inFinance, since, revalidate + slack)} ms`)
  expect(await code(thomas, finance)).toEqual([403, 'not_in_group'])
  expect(await code(thomas, wiki)).toEqual([200, undefined])
  await inWiki.echo('unconcerned')

  stage.provider.setGroups('thomas', ['staff', 'finance'])
  await pause(revalidate + slack)
  await thomas.ask(finance, node.port)
  expect(await code(thomas, finance)).toEqual([200, undefined])
})

test('a disabled user loses access at the next re-validation, and does not regain it', async ({ annotate }) => {
  const ada = await signedIn('ada', wiki)
  const events = await ada.stream(`${wiki}/events`, node.port)
  const socket = await ada.socket(`${wiki}/live`, node.port)
  const since = Date.now()
  stage.provider.disable('ada')
  await annotate(`disabled: WebSocket ${await lastByte(socket, since, revalidate + slack)} ms`)
  await lastByte(events, since, revalidate + slack)
  expect(await code(ada, wiki)).toEqual([401, 'session_revoked'])
  stage.provider.enable('ada')
  expect(await code(ada, wiki)).toEqual([401, 'session_revoked'])
})

test('an unreachable provider leads to denials after the revalidation interval, and recovery is automatic', async ({
  annotate,
}) => {
  const erika = await signedIn('erika', wiki)
  const socket = await erika.socket(`${wiki}/live`, node.port)
  const since = Date.now()
  await stage.providerWire.cut()
  await annotate(`provider away: WebSocket ${await lastByte(socket, since, revalidate + slack)} ms`)
  expect(await code(erika, wiki)).toEqual([503, 'provider_unreachable'])
  const page = await erika.ask(wiki, node.port, { page: true })
  expect(page).toMatchObject({ status: 503, headers: { 'content-type': expect.stringContaining('text/html') } })
  await pause(1_500)
  expect(await code(erika, wiki)).toEqual([503, 'provider_unreachable'])

  await stage.providerWire.mend()
  for (let waited = 0; (await erika.ask(wiki, node.port)).status !== 200; waited += 100) {
    if (waited > 8_000) throw new Error('it did not recover')
    await pause(100)
  }
  const again = await erika.socket(`${wiki}/live`, node.port)
  await again.echo('back')
})

test('back-channel logout ends the session and its open connections within a second', async ({ annotate }) => {
  const [thomas, erika] = [await signedIn('thomas', wiki), await signedIn('erika', wiki)]
  const [theirs, hers] = [await thomas.socket(`${wiki}/live`, node.port), await erika.socket(`${wiki}/live`, node.port)]
  const since = Date.now()
  expect(await stage.provider.endSessions('thomas')).toMatchObject({ failed: 0 })
  await annotate(`back-channel logout: WebSocket ${await lastByte(theirs, since, 1_000)} ms`)
  expect(await code(thomas, wiki)).toEqual([401, 'session_revoked'])
  await hers.echo('unconcerned')
})
