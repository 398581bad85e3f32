// Scenarios with people at work: requests without a pause and open streams while the provider changes its keys or rotates tokens.

import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Person, Watched, WatchedSocket } from '../support/user-client.ts'
import { revalidate } from './environment.ts'
import { expectStatus, signedIn, type Measured, type ScenarioContext } from './scenario-steps.ts'
import { signIn } from './sign-in.ts'

/** Milliseconds of parallel requests. */
const duration = 60_000

/** Different people: Dex keeps one refresh token per person and client. */
const atWorkUsers = ['anna', 'kim', 'lea'] as const

interface Work {
  /** Stops. Returns the figures; rejects with them unless every request was answered 200 and every stream is open. */
  stop(): Promise<string>
}

/**
 * `people`, of `atWorkUsers`, request the wiki one after the other without a pause, through the gateways on `ports` in turn.
 * On each gateway one of them has a WebSocket of the library open, and another one an event stream.
 */
async function work(
  { environment, provider }: ScenarioContext,
  people: readonly Person[],
  ports: readonly number[],
): Promise<Work> {
  const library = environment.origin('library')
  const sockets: WatchedSocket[] = []
  const events: Watched[] = []
  for (const port of ports) {
    sockets.push(await people[0]!.socket(`${library}/live`, port))
    events.push(await people[1]!.stream(`${library}/events`, port))
  }
  const streams = [...sockets, ...events]
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
  const lastRefreshes = (): Promise<number[]> =>
    Promise.all(atWorkUsers.map(async (user) => (await provider.admin.lastRefresh?.(user)) ?? 0))
  let refreshes = 0
  const counting = async (): Promise<void> => {
    for (let seen = await lastRefreshes(); !over.signal.aborted; await pause(1_000)) {
      const now = await lastRefreshes()
      refreshes += now.filter((at, one) => at > seen[one]!).length
      seen = now
    }
  }
  loops.push(counting())
  const ended = Promise.all(loops)
  // Reported by `stop`.
  ended.catch(() => {})
  return {
    async stop() {
      over.abort()
      await ended
      const lost = [...refused.values()].reduce((sum, one) => sum + one, 0)
      const cut = streams.filter((one) => one.endedAt() !== undefined).length
      const seen = provider.admin.lastRefresh === undefined ? '' : `; ${refreshes} refreshes seen`
      const figures = `${answered + lost} requests, ${lost} refused; ${streams.length} streams, ${cut} cut${seen}`
      if (lost > 0 || cut > 0)
        throw new Error([figures, ...[...refused].map(([what, times]) => `${times} x ${what}`)].join(', '))
      await Promise.all(sockets.map((socket) => socket.echo('still open')))
      return figures
    },
  }
}

async function atWork(context: ScenarioContext): Promise<Person[]> {
  const { environment, provider } = context
  const people: Person[] = []
  for (const user of atWorkUsers) {
    const person = await signedIn(context, user, 'wiki')
    people.push(person)
    // A host has a cookie of its own.
    await signIn(person, provider, user, environment.origin('library'), environment.port)
    await expectStatus(context, person, 'library', 200)
  }
  return people
}

/** Returns the milliseconds of a sign-in right after the rotation. */
export async function rotateKeyAtWork(context: ScenarioContext): Promise<Measured | undefined> {
  const { environment, provider } = context
  const { rotateKey } = provider.admin
  if (rotateKey === undefined) return undefined
  const people = await atWork(context)
  const running = await work(context, people, [environment.port])
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
  const figures = await running.stop()
  if (failure !== undefined) throw failure
  return { took, note: figures }
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
    const running = await work(context, [...people, ...people], [environment.port, environment.secondPort])
    await pause(duration)
    return { took: duration, note: await running.stop() }
  } finally {
    await second.stop()
  }
}
