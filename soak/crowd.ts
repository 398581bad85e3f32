// The people of a soak: they sign in, ask, open and close WebSockets, are given and lose access, through either node.

import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../test/support/node.ts'
import type { Person } from '../test/support/person.ts'
import type { TestStage } from '../test/support/stage-for-tests.ts'
import type { Ledger } from './ledger.ts'
import { openSocket } from './socket.ts'

export interface Crowd {
  readonly counts: { requests: number; broken: number; faults: number; signIns: number; sockets: number; ends: number }
  /** Resolves when nobody does anything any more. */
  stop(): Promise<void>
}

export interface CrowdParts {
  readonly stage: TestStage
  /** Those that run now. */
  readonly nodes: () => readonly NodeProcess[]
  readonly ledger: Ledger
}

/** Requests a second of everybody together. */
const requestsPerSecond = 50
const mostSockets = 8
/** Everybody of the staff once or twice at the same time, each time as somebody at another browser. */
const staff = ['erika', 'thomas', 'ada', 'erika', 'thomas', 'ada']

interface Member {
  readonly key: string
  readonly person: Person
  leaving: boolean
}

export function startCrowd({ stage, nodes, ledger }: CrowdParts): Crowd {
  const counts = { requests: 0, broken: 0, faults: 0, signIns: 0, sockets: 0, ends: 0 }
  const wiki = stage.origin('wiki')
  const erp = stage.origin('erp')
  const members: Member[] = []
  /** By name of a person: epoch milliseconds at which all of them were last being ended. */
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
    // Everybody of that name was ended meanwhile, perhaps this one as well.
    if ((endedAt.get(username) ?? 0) >= began) return person.close()
    ledger.allowed(key)
    members.push({ key, person, leaving: false })
  }

  async function leave(): Promise<void> {
    const member = some(members.filter(({ leaving }) => !leaving))
    const node = some(nodes())
    if (member === undefined || node === undefined || members.length < 4) return
    member.leaving = true
    const stolen = member.person.jar.header(new URL(wiki))
    // Until it is acknowledged nobody knows: by the person's own sign-out, which ends exactly this session.
    const left = await member.person
      .ask(`${wiki}/.einlass/sign-out`, node.port, { method: 'POST', page: true, body: '' })
      .catch(() => undefined)
    if (left?.status !== 200) {
      member.leaving = false
      // It may have happened all the same; what is refused from now on proves nothing.
      return remove(member)
    }
    ledger.ended(member.key)
    counts.ends++
    // A copy of the cookie is worth nothing either.
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
    for (const member of theirs) member.leaving = true
    endedAt.set(name, Infinity)
    const ended = await node.admin('POST', '/sessions/end', { user: `company|${name}` }).catch(() => undefined)
    endedAt.set(name, Date.now())
    // Whoever came in while this was asked may have been ended as well.
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
        // It ticks every 40 ms: what it heard last is as good as a request of that moment.
        if (one.heard() > 0 && Date.now() - one.lastAt() < 100) ledger.passed(member.key, one.lastAt())
      }
      one.close()
    } finally {
      open--
    }
  }

  /** Miro is not of the staff: the wiki is never for him, the ERP only while a grant of his is acknowledged. */
  async function grants(): Promise<void> {
    const miro = stage.person('miro')
    try {
      const [first] = nodes()
      if (first === undefined) return
      await miro.signIn(wiki, first.port)
      await miro.signIn(erp, first.port)
      const key = `miro in the erp ${++number}`
      await ask('miro in the wiki', miro, wiki)
      const given = await some(nodes())?.admin('POST', '/grants', {
        who: 'company|miro',
        app: 'erp',
        until: Date.now() + 3_600_000,
      })
      const id = given?.status === 200 ? (given.value as { id: string }).id : undefined
      if (id === undefined) return
      ledger.granted(id)
      await miro.signIn(erp, first.port).catch(() => undefined)
      for (let round = 0; round < 10 && !stopping.signal.aborted; round++) {
        // Given is not yet known everywhere: being refused for two seconds proves nothing, being let in is right.
        await miro.ask(erp, some(nodes())?.port ?? first.port).catch(() => undefined)
        await ask('miro in the wiki', miro, wiki)
        await pause(150)
      }
      ledger.revoked(id)
      const taken = await some(nodes())
        ?.admin('POST', '/grants/revoke', { id })
        .catch(() => undefined)
      if (taken?.status !== 200) return
      ledger.ended(key)
      for (let round = 0; round < 25 && !stopping.signal.aborted; round++) {
        await ask(key, miro, erp)
        await pause(150)
      }
    } finally {
      miro.close()
    }
  }

  /** Those that stay: given to nobody in particular, never taken back, looked for on every node. */
  async function keep(): Promise<void> {
    const node = some(nodes())
    const given = await node
      ?.admin('POST', '/grants', { who: `company|visitor-${++number}`, app: 'erp', until: Date.now() + 3_600_000 })
      .catch(() => undefined)
    if (given?.status === 200) ledger.granted((given.value as { id: string }).id)
  }

  async function count(): Promise<void> {
    for (const node of nodes()) {
      const told = await node.admin('GET', '/grants').catch(() => undefined)
      if (told?.status === 200) ledger.seen(new Set((told.value as { id: string }[]).map(({ id }) => id)), node.name)
    }
  }

  let granting: Promise<void> | undefined
  const timers = [
    every(1000 / requestsPerSecond, async () => {
      const member = some(members.filter(({ leaving }) => !leaving))
      if (member !== undefined) await ask(member.key, member.person, wiki)
    }),
    every(1_500, async () => {
      if (members.length < staff.length) await signIn(staff[number % staff.length]!)
    }),
    every(5_000, leave),
    every(23_000, endAll),
    every(1_000, socket),
    every(2_000, async () => {
      granting ??= grants().finally(() => (granting = undefined))
      await granting
    }),
    every(3_000, keep),
    every(4_000, count),
  ]
  return {
    counts,
    async stop() {
      stopping.abort()
      timers.forEach(clearInterval)
      while (under.size > 0) await Promise.all(under)
      await count()
      for (const { person } of members) person.close()
    },
  }
}
