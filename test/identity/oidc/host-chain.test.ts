// Chain over the hosts of one application: each host gets a session of this browser, and whatever fails on the way loses nothing.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChainStep } from '../../../src/identity/oidc/host-chain.ts'
import { createHostChains } from '../../../src/identity/oidc/host-chain.ts'
import { createHostTickets } from '../../../src/identity/oidc/host-tickets.ts'
import type { ReturnContext } from '../../../src/identity/oidc/return-context.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import { StoreUnreachable } from '../../../src/store/store.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { browserCookies } from '../sign-in-environment.ts'

const session = { id: 's1', generation: 2 } as Session
const hosts = ['api.example.com', 'files.example.com']
const end = 'https://erp.example.com/.einlass/arrive?ticket=t&page=p1'
const returnContext: ReturnContext = {
  origin: 'https://erp.example.com',
  host: 'erp.example.com',
  target: '/',
  app: 'erp',
  stepUp: undefined,
  provider: undefined,
  page: { id: 'p1', hash: 'h' },
  at: 1_800_000_000_000,
}
const endStep = { to: 'end', url: end }
const seal = createSeal([Buffer.alloc(32, 5)])

let now: number
let store: ReturnType<typeof createMemoryStore>
beforeEach(() => {
  now = 1_800_000_000_000
  store = createMemoryStore({ now: () => now })
})
afterEach(() => store.close())

/** The state of the session is an input of these tests. */
function chainsOf(found: Session | undefined = session, more: Partial<typeof store> = {}) {
  const sessions = {
    read: async () =>
      found === undefined
        ? ({ state: 'none', reason: 'session_revoked' } as const)
        : ({ state: 'live', session: found } as const),
    issueCookie: async ({ id, generation }: Session, host: string) => `${id}.${generation}@${host}`,
  }
  const tickets = createHostTickets({ store: { ...store, ...more }, seal, sessions })
  return createHostChains({ seal, tickets, issue: async () => end, now: () => now })
}

type Chains = ReturnType<typeof chainsOf>

/** Cookie field by host. */
type Jar = Map<string, string>

/** Follows a chain as a browser with these cookies does. `at`: session of this browser by host; the gateway's is `gateway`. */
async function follow(chains: Chains, first: ChainStep, jar: Jar, at: Readonly<Record<string, Session>> = {}) {
  const visits: string[] = []
  let step = first
  while (step.to === 'host' || step.to === 'gateway') {
    visits.push(step.to === 'host' ? step.host : 'gateway')
    if (visits.length > 50) throw new Error('no end')
    step = await next(chains, step, jar, at)
  }
  return { visits, end: step.to === 'end' ? step.url : step.to }
}

async function next(chains: Chains, step: ChainStep, jar: Jar, at: Readonly<Record<string, Session>> = {}) {
  if (step.to === 'end' || step.to === 'sign_in') throw new Error('at its end')
  if (step.to === 'gateway') return (await chains.issue(step.chain, at['gateway'] ?? session))!
  const visited = (await chains.visit(step.chain, {
    host: step.host,
    cookies: jar.get(step.host),
    session: at[step.host],
  }))!
  jar.set(step.host, browserCookies(visited.cookies, jar.get(step.host)))
  return visited
}

const begin = (chains: Chains, more: readonly string[] = hosts) =>
  chains.begin(session, { app: 'erp', hosts: more, returnContext })
const sessionAt = (jar: Jar, host: string) => /__Host-einlass=([^;]*)/.exec(jar.get(host) ?? '')?.[1]

describe('a browser without a session on the other hosts', () => {
  test('visits each twice, with the gateway between, and ends at the host that was wanted', async () => {
    const [chains, jar] = [chainsOf(), new Map()]
    expect(await follow(chains, begin(chains), jar)).toEqual({ visits: [...hosts, 'gateway', ...hosts], end })
    for (const host of hosts) expect(sessionAt(jar, host)).toBe(`s1.2@${host}`)
  })

  test('that signs in with several tabs gets a session in each of them, whatever the order', async () => {
    const [chains, jar] = [chainsOf(), new Map()]
    let steps: ChainStep[] = [begin(chains), begin(chains), begin(chains)]
    while (steps.some(({ to }) => to !== 'end')) {
      const cookies = new Map(jar)
      const all = await Promise.all(
        steps.map(async (step) => {
          const own: Jar = new Map(cookies)
          const after = step.to === 'end' ? step : await next(chains, step, own)
          return { after, own }
        }),
      )
      for (const { own } of all) {
        for (const [host, field] of own) jar.set(host, browserCookies(field.split('; '), jar.get(host)))
      }
      steps = all.map(({ after }) => after)
      for (const host of hosts) if (steps[0]!.to === 'end') expect(sessionAt(jar, host)).toBe(`s1.2@${host}`)
    }
  })
})

describe('a browser with a session on some of the other hosts', () => {
  test.each([
    ['all of them are passed by', { 'api.example.com': session, 'files.example.com': session }, [...hosts, 'gateway']],
    ['one of them is passed by', { 'api.example.com': session }, [...hosts, 'gateway', 'files.example.com']],
    [
      'one of a newer sign-in is passed by',
      { 'api.example.com': { ...session, generation: 3 } },
      [...hosts, 'gateway', 'files.example.com'],
    ],
    [
      'one of before a step-up gets the new sign-in',
      { 'api.example.com': { ...session, generation: 1 } },
      [...hosts, 'gateway', ...hosts],
    ],
    [
      'one of another user gets this one',
      { 'api.example.com': { ...session, id: 's2' } },
      [...hosts, 'gateway', ...hosts],
    ],
  ])('%s', async (_name, at, visits) => {
    const [chains, jar] = [chainsOf(), new Map()]
    expect(await follow(chains, begin(chains), jar, at)).toEqual({ visits, end })
    for (const host of hosts) {
      expect(sessionAt(jar, host)).toBe(visits.filter((one) => one === host).length === 2 ? `s1.2@${host}` : undefined)
    }
  })
})

describe('a chain that another browser began', () => {
  /** Of Mallory, up to the step of this kind. */
  async function until(chains: Chains, jar: Jar, holds: (step: ChainStep, visits: number) => boolean) {
    let step = begin(chains)
    for (let visits = 0; !holds(step, visits); visits += 1) step = await next(chains, step, jar)
    return step
  }

  test('is not carried on by the gateway for another session (login CSRF, session theft)', async () => {
    const [chains, mallory, ada] = [chainsOf(), new Map(), new Map()]
    // Ada's browser proves itself in it.
    const step = await until(chains, ada, ({ to }) => to === 'gateway')
    const other = { ...session, id: 's2' }
    expect(await follow(chains, step, ada, { gateway: other })).toEqual({ visits: ['gateway'], end: 'sign_in' })
    expect(await chains.issue((step as { chain: string }).chain, undefined)).toEqual({ to: 'sign_in', returnContext })
    expect(sessionAt(ada, hosts[0]!)).toBeUndefined()
    expect(sessionAt(mallory, hosts[0]!)).toBeUndefined()
  })

  test('gives no session to a browser that did not prove itself', async () => {
    const [chains, mallory, ada] = [chainsOf(), new Map(), new Map()]
    const step = await until(chains, mallory, ({ to }, visits) => to === 'host' && visits > hosts.length)
    expect(await follow(chains, step, ada)).toEqual({ visits: hosts, end })
    for (const host of hosts) expect(sessionAt(ada, host)).toBeUndefined()
    // Used up by the attempt.
    await follow(chains, step, mallory)
    for (const host of hosts) expect(sessionAt(mallory, host)).toBeUndefined()
  })

  test('gives a session once', async () => {
    const [chains, jar] = [chainsOf(), new Map()]
    const step = await until(chains, jar, ({ to }, visits) => to === 'host' && visits > hosts.length)
    const proofs = new Map(jar)
    await follow(chains, step, jar)
    const again = new Map(proofs)
    await follow(chains, step, again)
    for (const host of hosts)
      expect([sessionAt(jar, host), sessionAt(again, host)]).toEqual([`s1.2@${host}`, undefined])
  })

  test('gives no session on a host it does not name at that step', async () => {
    const [chains, jar] = [chainsOf(), new Map()]
    const step = await until(chains, jar, ({ to }, visits) => to === 'host' && visits > hosts.length)
    const { chain } = step as { chain: string }
    for (const host of ['files.example.com', 'erp.example.com', 'evil.example.com']) {
      const at = { host, cookies: jar.get('api.example.com'), session: undefined }
      expect(await chains.visit(chain, at)).toEqual({ ...endStep, cookies: [] })
    }
  })

  test.each(['', '.', 'x.1.a.b', 'x'.repeat(9000), undefined])('is nothing when forged (%#)', async (chain) => {
    const chains = chainsOf()
    expect(await chains.visit(chain, { host: hosts[0]!, cookies: undefined, session: undefined })).toBeUndefined()
    expect(await chains.issue(chain, session)).toBeUndefined()
    // Sealed for something else.
    const other = `x.${seal.seal('journey', 'x', '{}')}`
    expect(await chains.issue(other, session)).toBeUndefined()
  })
})

test('a ticket counts on its host only, and is used up at another', async () => {
  const sessions = {
    read: async () => ({ state: 'live', session }) as const,
    issueCookie: async ({ id }: Session, host: string) => `${id}@${host}`,
  }
  const tickets = createHostTickets({ store, seal, sessions })
  const { proof, cookies } = tickets.prove('api.example.com', undefined)
  const secret = await tickets.issue(session, proof)
  const field = browserCookies(cookies)
  expect(await tickets.redeem(secret, { host: 'files.example.com', cookies: field })).toBeUndefined()
  expect(await tickets.redeem(secret, { host: 'api.example.com', cookies: field })).toBeUndefined()
  const again = await tickets.issue(session, proof)
  expect(await tickets.redeem(again, { host: 'api.example.com', cookies: field })).toBe('s1@api.example.com')
})

describe('what fails on the way', () => {
  test('ends at the page: too slow', async () => {
    const [chains, jar] = [chainsOf(), new Map()]
    const step = await next(chains, begin(chains), jar)
    now += 2 * 60_000
    expect(await follow(chains, step, jar)).toEqual({ visits: ['files.example.com', 'gateway'], end })
  })

  test('ends at the page: a second round that is too slow for the ticket of the last host', async () => {
    const [chains, jar] = [chainsOf(), new Map()]
    let step = begin(chains)
    for (const _ of [...hosts, 'gateway']) step = await next(chains, step, jar)
    now += 20_000
    expect(await follow(chains, step, jar)).toEqual({ visits: ['api.example.com'], end })
  })

  test('ends at the page: a ticket that is gone', async () => {
    const [chains, jar] = [chainsOf(), new Map()]
    let step = begin(chains)
    for (const _ of [...hosts, 'gateway']) step = await next(chains, step, jar)
    const forgetful = chainsOf(session, { take: async () => undefined })
    expect(await follow(forgetful, step, jar)).toEqual({ visits: hosts, end })
    for (const host of hosts) expect(sessionAt(jar, host)).toBeUndefined()
  })

  test('ends at the page: a session that ended meanwhile', async () => {
    const chains = chainsOf()
    const jar = new Map()
    let step = begin(chains)
    for (const _ of [...hosts, 'gateway']) step = await next(chains, step, jar)
    const ended = createHostChains({
      seal,
      now: () => now,
      issue: async () => end,
      tickets: createHostTickets({
        store,
        seal,
        sessions: {
          read: async () => ({ state: 'none', reason: 'session_revoked' }),
          issueCookie: () => Promise.reject(new Error('of an ended session')),
        },
      }),
    })
    expect((await follow(ended, step, jar)).end).toEqual(end)
    for (const host of hosts) expect(sessionAt(jar, host)).toBeUndefined()
  })

  test.each(['set', 'take'] as const)('ends at the page: the store (%s)', async (method) => {
    const chains = chainsOf(session, { [method]: () => Promise.reject(new StoreUnreachable(undefined)) })
    expect((await follow(chains, begin(chains), new Map())).end).toEqual(end)
  })

  test('a parameter of eight hosts with long names still fits into a URL', async () => {
    const long = Array.from(
      { length: 7 },
      (_, index) => `${'a'.repeat(60)}.${'b'.repeat(60)}.host-${index}.example.com`,
    )
    const [chains, jar] = [chainsOf(), new Map()]
    let step = begin(chains, long)
    let longest = 0
    while (step.to === 'host' || step.to === 'gateway') {
      longest = Math.max(longest, step.chain.length)
      step = await next(chains, step, jar)
    }
    expect(longest).toBeLessThan(8000)
    for (const host of long) expect(sessionAt(jar, host)).toBe(`s1.2@${host}`)
  })
})
