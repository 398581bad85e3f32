// Scenarios with people at work: requests without a pause and open streams while the provider changes its keys or rotates tokens.

import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Person } from '../support/user-client.ts'
import { revalidate } from './environment.ts'
import { signedIn, type Measured, type ScenarioContext } from './scenario-steps.ts'

/** Milliseconds of parallel requests. */
const duration = 60_000

interface Work {
  /** Stops. Returns the number of requests; rejects unless every one was answered 200. */
  stop(): Promise<number>
}

/** `people` request the wiki one after the other without a pause, through the gateways on `ports` in turn. */
function work({ environment }: ScenarioContext, people: readonly Person[], ports: readonly number[]): Work {
  const over = new AbortController()
  let answered = 0
  const refused = new Map<string, number>()
  const count = ({ status, body }: Answer): void => {
    if (status === 200) answered++
    else {
      const what = `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ''}`
      refused.set(what, (refused.get(what) ?? 0) + 1)
    }
  }
  const loops = people.map(async (person) => {
    for (let turn = 0; !over.signal.aborted; turn++) {
      count(await person.ask(`${environment.origin('wiki')}/`, ports[turn % ports.length]!))
      // Leaves the machine to the gateways and the provider.
      await pause(20)
    }
  })
  return {
    async stop() {
      over.abort()
      await Promise.all(loops)
      if (refused.size === 0) return answered
      const list = [...refused].map(([what, times]) => `${times} x ${what}`).join(', ')
      throw new Error(`${answered} requests were answered 200, refused were ${list}`)
    },
  }
}

/** Different people: Dex keeps one refresh token per person and client. */
async function atWork(context: ScenarioContext): Promise<Person[]> {
  const people: Person[] = []
  for (const user of ['anna', 'kim', 'lea'] as const) people.push(await signedIn(context, user, 'wiki'))
  return people
}

/** Returns the milliseconds of a sign-in right after the rotation. */
export async function rotateKeyAtWork(context: ScenarioContext): Promise<Measured | undefined> {
  const { environment, provider } = context
  const { rotateKey } = provider.admin
  if (rotateKey === undefined) return undefined
  const people = await atWork(context)
  const socket = await people[0]!.socket(`${environment.origin('wiki')}/live`, environment.port)
  const events = await people[1]!.stream(`${environment.origin('wiki')}/events`, environment.port)
  const running = work(context, people, [environment.port])
  let failure: unknown
  let took = 0
  try {
    await pause(revalidate)
    await rotateKey()
    const startedAt = Date.now()
    await signedIn(context, 'thomas', 'wiki')
    took = Date.now() - startedAt
    await pause(3 * revalidate)
  } catch (error) {
    failure = error
  }
  const requests = await running.stop()
  if (failure !== undefined) throw failure
  if (socket.endedAt() !== undefined || events.endedAt() !== undefined) throw new Error('an open stream was cut')
  await socket.echo('still open')
  return { took, note: `${requests} requests, none refused; no stream cut` }
}

/** Two gateways share a store while each refresh token is good for one use. Returns the milliseconds it ran. */
export async function twoNodes(context: ScenarioContext): Promise<Measured | undefined> {
  const { environment, provider } = context
  const { rotateRefreshTokens } = provider.admin
  if (rotateRefreshTokens === undefined) return undefined
  await rotateRefreshTokens()
  const second = await environment.openSecond()
  try {
    const people = await atWork(context)
    // Each person twice, so that both gateways are asked at the same moment.
    const running = work(context, [...people, ...people], [environment.port, environment.secondPort])
    await pause(duration)
    const requests = await running.stop()
    return { took: duration, note: `${requests} requests, none refused` }
  } finally {
    await second.stop()
  }
}
