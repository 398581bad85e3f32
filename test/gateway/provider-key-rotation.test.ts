// A new signing key at the provider while people work: no request is refused, no stream is cut, and sign-ins go through.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import type { Person, Watched } from '../support/user-client.ts'

let provider: ProviderUnderTest
let stage: GatewayInProcess
let wiki: string

beforeAll(async () => {
  provider = await startProviderUnderTest()
  const { issuer, clientId, clientSecret } = provider
  stage = await startGatewayInProcess(
    { wiki: { policy: [{ allow: { groups: ['staff'] } }] } },
    {
      session: { revalidate: '10s' },
      identity: { providers: { company: { issuer, client_id: clientId, client_secret: clientSecret } } },
    },
  )
  wiki = stage.origin('wiki')
})
afterAll(async () => {
  await stage?.stop()
  await provider?.stop()
})

/** A browser of the one user that the provider knows. */
async function arrive(name: string): Promise<Person> {
  const person = stage.person(name)
  expect((await person.signIn(wiki, stage.port)).status).toBe(200)
  return person
}

test('rotations refuse nothing, cut nothing, and stop nobody from signing in', async ({ annotate }) => {
  const people: Person[] = []
  for (const name of ['desk', 'laptop', 'phone']) people.push(await arrive(name))
  const streams: Watched[] = []
  for (const person of people) {
    streams.push(await person.stream(`${wiki}/events`, stage.port), await person.socket(`${wiki}/live`, stage.port))
  }
  const answers = new Map<number, number>()
  const finished = new AbortController()
  onTestFinished(() => finished.abort())
  const work = people.map(async (person) => {
    while (!finished.signal.aborted) {
      const { status } = await person.ask(wiki, stage.port)
      answers.set(status, (answers.get(status) ?? 0) + 1)
      await pause(25)
    }
  })
  const refreshes = (): number =>
    provider.tokenRequests.filter((form) => form.get('grant_type') === 'refresh_token').length
  await provider.rotateKey()
  const before = refreshes()
  await expect.poll(() => refreshes() - before, { timeout: 30_000 }).toBeGreaterThanOrEqual(people.length)
  await provider.rotateKey()
  await arrive('late')
  await pause(500)
  finished.abort()
  await Promise.all(work)
  const [requests, refused] = [[...answers.values()].reduce((sum, one) => sum + one, 0), answers.size - 1]
  await annotate(`${requests} requests, ${refused} other statuses than 200, ${refreshes()} refreshes`)
  expect([...answers.keys()]).toEqual([200])
  expect(streams.map((one) => one.endedAt())).toEqual(streams.map(() => undefined))
}, 90_000)
