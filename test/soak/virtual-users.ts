// Virtual users of a soak: they sign in, send requests, open and close WebSockets, and end sessions, through either node.

import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import type { TestEnvironment } from '../support/test-environment.ts'
import { createGrantChurn } from './grant-churn.ts'
import type { ExpectedState } from './expected-state.ts'
import { openSocket } from './websocket-client.ts'

export interface VirtualUsers {
  readonly counts: { requests: number; broken: number; faults: number; signIns: number; sockets: number; ends: number }
  /** Resolves when all users have stopped. */
  stop(): Promise<void>
}

export interface VirtualUsersDependencies {
  readonly stage: TestEnvironment
  /** Nodes that are up. */
  readonly nodes: () => readonly NodeProcess[]
  readonly ledger: ExpectedState
}

/** Requests per second, all users together. */
const requestsPerSecond = 50
const mostSockets = 8
/** Number of concurrent users, each with a browser of their own; a user who leaves is replaced. */
const staff = ['erika', 'thomas', 'ada', 'erika', 'thomas', 'ada', 'erika', 'thomas', 'ada']

interface Member {
  readonly key: string
  readonly person: Person
  leaving: boolean
}

export function startVirtualUsers({ stage, nodes, ledger }: VirtualUsersDependencies): VirtualUsers {
  const counts = { requests: 0, broken: 0, faults: 0, signIns: 0, sockets: 0, ends: 0 }
  const wiki = stage.origin('wiki')
  const members: Member[] = []
  /** By user name: epoch milliseconds at which all sessions of that user were last ended. */
  const endedAt = new Map<string, number>()
  const under = new Set<Promise<unknown>>()
  const stopping = new AbortController()
  let number = 0
  let open = 0

  const some = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)]
  const start = (work: Promise<unknown>): void => {
    const one = work.catch(() => counts.broken++).finally(() => under.delete(one))
    under.add(one)
  }
  const every = (milliseconds: number, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => void (!stopping.signal.aborted && under.size < 300 && start(work())), milliseconds)

  async function ask(key: string, person: Person, url: string, cookie?: string): Promise<void> {
    const node = some(nodes())
    if (node === undefined) return
    const sentAt = Date.now()
    counts.requests++
    const answer = await person
      .ask(url, node.port, cookie === undefined ? {} : { headers: { cookie } })
      .catch(() => undefined)
    if (answer === undefined) counts.broken++
    else if (answer.status === 200) ledger.passed(key, sentAt)
    else if (answer.status === 401 || answer.status === 403)
      ledger.refused(key, sentAt, `${answer.status} ${/"code":"(\w+)"/.exec(answer.body)?.[1]}`)
    else counts.faults++
  }

  async function signIn(username: string): Promise<void> {
    const node = some(nodes())
    if (node === undefined) return
    const key = `${username} ${++number}`
    const began = Date.now()
    const person = stage.person(username)
    const seen = await person.signIn(wiki, node.port).catch(() => undefined)
    if (seen?.status !== 200) return person.close()
    counts.signIns++
    // All sessions of that user were ended meanwhile, perhaps this one as well.
    if ((endedAt.get(username) ?? 0) >= began) return person.close()
    ledger.allowed(key)
    members.push({ key, person, leaving: false })
  }

  async function leave(): Promise<void> {
    const member = some(members.filter(({ leaving }) => !leaving))
    const node = some(nodes())
    if (member === undefined || node === undefined || members.length < 4) return
    member.leaving = true
    ledger.ending(member.key)
    const stolen = member.person.jar.header(new URL(wiki))
    // Sign-out ends exactly this session; until it is acknowledged the outcome is unknown.
    const left = await member.person
      .ask(`${wiki}/.einlass/sign-out`, node.port, { method: 'POST', page: true, body: '' })
      .catch(() => undefined)
    if (left?.status !== 200) {
      member.leaving = false
      // It may have happened nevertheless: later denials prove nothing.
      return remove(member)
    }
    ledger.ended(member.key)
    counts.ends++
    // A copy of the cookie is invalid too.
    for (let round = 0; round < 30 && !stopping.signal.aborted; round++) {
      await ask(member.key, member.person, wiki, stolen)
      await pause(200)
    }
    remove(member)
  }

  async function endAll(): Promise<void> {
    const node = some(nodes())
    const name = some(['erika', 'thomas', 'ada'])!
    if (node === undefined) return
    const theirs = members.filter(({ person, leaving }) => person.username === name && !leaving)
    if (theirs.length === 0) return
    for (const member of theirs) {
      member.leaving = true
      ledger.ending(member.key)
    }
    endedAt.set(name, Infinity)
    const ended = await node.admin('POST', '/sessions/end', { user: `company|${name}` }).catch(() => undefined)
    endedAt.set(name, Date.now())
    // Users who signed in meanwhile may have been signed out as well.
    for (const late of members.filter((one) => one.person.username === name && !theirs.includes(one))) remove(late)
    if (ended?.status !== 200) return theirs.forEach(remove)
    for (const { key } of theirs) ledger.ended(key)
    counts.ends += theirs.length
    for (let round = 0; round < 25 && !stopping.signal.aborted; round++) {
      for (const { key, person } of theirs) await ask(key, person, wiki)
      await pause(200)
    }
    theirs.forEach(remove)
  }

  function remove(member: Member): void {
    const at = members.indexOf(member)
    if (at >= 0) members.splice(at, 1)
    member.person.close()
  }

  async function socket(): Promise<void> {
    const member = some(members.filter(({ leaving }) => !leaving))
    const node = some(nodes())
    if (member === undefined || node === undefined || open >= mostSockets) return
    open++
    try {
      const one = await openSocket(`${wiki}/live`, member.person, node.port)
      counts.sockets++
      const until = Date.now() + 2_000 + Math.random() * 15_000
      while (Date.now() < until && one.endedAt() === undefined && !stopping.signal.aborted) {
        await pause(100)
        // It ticks every 40 ms: the last tick counts like a request at that moment.
        if (one.heard() > 0 && Date.now() - one.lastAt() < 100) ledger.passed(member.key, one.lastAt())
      }
      one.close()
    } finally {
      open--
    }
  }

  const giving = createGrantChurn({ stage, nodes, ledger, ask, stopping: stopping.signal })
  let visiting: Promise<void> | undefined
  const timers = [
    every(1000 / requestsPerSecond, async () => {
      const member = some(members.filter(({ leaving }) => !leaving))
      if (member !== undefined) await ask(member.key, member.person, wiki)
    }),
    every(700, async () => {
      if (members.length < staff.length) await signIn(staff[number % staff.length]!)
    }),
    every(2_500, leave),
    every(14_000, endAll),
    every(1_000, socket),
    every(2_000, async () => {
      visiting ??= giving.visit().finally(() => (visiting = undefined))
      await visiting
    }),
    every(3_000, giving.keep),
    every(4_000, giving.count),
  ]
  return {
    counts,
    async stop() {
      stopping.abort()
      timers.forEach(clearInterval)
      while (under.size > 0) await Promise.all(under)
      await giving.count()
      for (const { person } of members) person.close()
    },
  }
}
