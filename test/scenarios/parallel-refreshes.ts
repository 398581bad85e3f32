// Parallel requests of signed-in users through two gateways on one Redis, while a provider rotates their refresh tokens all the time.

import { setTimeout as pause } from 'node:timers/promises'
import type { AuditLine, NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment } from '../support/test-environment.ts'

export interface ParallelRefreshes {
  readonly seconds: number
  /** Requests by status. */
  readonly statuses: Readonly<Record<number, number>>
  /** Refreshes the provider was asked for. */
  readonly refreshes: number
  /** Sessions that ended meanwhile, according to the audit of both nodes. */
  readonly ended: number
  /** Milliseconds: longest request. */
  readonly slowest: number
  /** The same as one line. */
  readonly line: string
}

const users = ['erika', 'thomas'] as const
const inParallel = 6
/** Seconds, as short as makes sense: the pace of refreshes is then limited by the provider alone. */
const revalidate = '1s'

/**
 * The demo's provider rotates refresh tokens and takes the second use of one for theft: it then revokes the whole grant
 * (RFC 9700 section 4.14.2), and the session would end.
 */
export async function runParallelRefreshes(seconds: number): Promise<ParallelRefreshes> {
  const stage = await startTestEnvironment({
    apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }] } },
    more: () => ({ session: { revalidate, grace: '0s' } }),
  })
  try {
    const nodes = [await stage.startNode('a'), await stage.startNode('b')]
    const wiki = stage.origin('wiki')
    const people = await Promise.all(users.map((name) => signedIn(stage.person(name), wiki, nodes[0]!)))
    const before = stage.provider.tokenRequests()
    const statuses: Record<number, number> = {}
    let slowest = 0
    const until = Date.now() + seconds * 1000
    const keepAsking = async (person: Person, node: NodeProcess): Promise<void> => {
      while (Date.now() < until) {
        const since = performance.now()
        const { status } = await person.ask(`${wiki}/`, node.port)
        slowest = Math.max(slowest, performance.now() - since)
        statuses[status] = (statuses[status] ?? 0) + 1
        await pause(1)
      }
    }
    const loops = people.flatMap((person) =>
      Array.from({ length: inParallel }, (_, index) => keepAsking(person, nodes[index % nodes.length]!)),
    )
    await Promise.all(loops)
    const refreshes = stage.provider.tokenRequests() - before
    const events = (await Promise.all(nodes.map((node) => node.audit()))).flat()
    const ended = events.filter((event) => activityOf(event) === 'session_ended').length
    const requests = Object.values(statuses).reduce((sum, one) => sum + one, 0)
    const line =
      `${requests} requests in ${seconds} s through two gateways: ` +
      `${Object.entries(statuses)
        .map(([status, count]) => `${count} with ${status}`)
        .join(', ')}; ` +
      `${refreshes} refreshes for ${users.length} sessions, ${ended} ended, slowest request ${Math.round(slowest)} ms`
    return { seconds, statuses, refreshes, ended, slowest, line }
  } finally {
    await stage.stop()
  }
}

async function signedIn(person: Person, wiki: string, node: NodeProcess): Promise<Person> {
  const { status } = await person.signIn(`${wiki}/`, node.port)
  if (status !== 200) throw new Error(`the sign-in of ${person.username} ended with ${status}`)
  return person
}

function activityOf(event: AuditLine): string | undefined {
  return (event['unmapped'] as { readonly activity?: string } | undefined)?.activity
}
