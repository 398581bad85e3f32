// Micro-benchmark of decisions with grants, for few and many grants and apps. `node test/bench/grants.ts`
//
// Looks up a user's grants and evaluates the policy with them, for 10 grants and 10 apps and for 10,000 grants
// and 1,000 apps of 20 rules, in turns; the ratio of each round, median and spread. Exits 1 when the ratio for the same
// ten users is beyond 1.15; in the row below all users take turns, so that processor caches are part of it.

import { createGrantIndex } from '../../src/grants/grant-index.ts'
import type { AccessRequest } from '../../src/policy/access-request.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { decide } from '../../src/policy/decide.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { Policy } from '../../src/policy/policy.ts'
import type { PolicyVocabulary } from '../../src/policy/compile-context.ts'

const now = Date.parse('2026-11-18T10:00:00Z')
const mostAllowed = 1.15
const vocabulary: PolicyVocabulary = { roles: new Map(), schedules: new Map(), postures: new Map() }
const limits = { download: undefined, upload: undefined }

interface House {
  readonly grants: number
  /** Decides for the user with this number. */
  ask(number: number): string
}

function build(grants: number, apps: number): House {
  const policies: Policy[] = Array.from({ length: apps }, (_, at) =>
    compilePolicy(
      {
        name: `app-${at}`,
        mode: 'enforce',
        require: { mfa: true },
        rules: Array.from({ length: 20 }, (_, number) => ({
          name: `rule ${number}`,
          effect: 'allow',
          when: number === 19 ? { grant: 'required' } : { groups: [`group-${number}`] },
          mode: 'enforce',
          limits,
        })),
        lease: 60_000,
      },
      vocabulary,
    ),
  )
  const index = createGrantIndex()
  const questions = Array.from({ length: grants }, (_, number) => {
    const app = `app-${number % apps}`
    const grant: Grant = {
      id: `grant-${number}`,
      who: `company|person-${number}`,
      app,
      level: 'full',
      from: now - 60_000,
      until: now + 3_600_000,
      schedule: undefined,
      sponsor: 'erika@example.com',
      reason: 'maintenance',
      origin: 'runtime',
      givenBy: 'administrator',
      revokedAt: undefined,
    }
    index.put(grant.id, grant)
    const question: Omit<AccessRequest, 'grants'> = {
      identity: {
        subject: {
          provider: 'company',
          sub: `person-${number}`,
          email: `person-${number}@example.com`,
          name: undefined,
          username: undefined,
          groups: ['technicians'],
          groupsComplete: true,
          claims: {},
          external: false,
        },
        authentication: { acr: undefined, amr: ['otp'], authTime: now, mfa: true, phishingResistant: false },
      },
      absence: 'no_session',
      device: { state: 'absent' },
      network: { address: '10.1.2.3', names: new Set() },
      method: 'GET',
      path: '/orders',
      now,
    }
    return { app, policy: policies[number % apps]!, question, who: grant.who, mailbox: `company|mailto:${number}` }
  })
  return {
    grants,
    ask(number) {
      const { app, policy, question, who, mailbox } = questions[number]!
      return decide(policy, { ...question, grants: index.of(who, mailbox, app) }).effect
    },
  }
}

function cost(house: House, people: number): number {
  const turns = 20_000
  const before = process.cpuUsage()
  for (let turn = 0; turn < turns; turn++) {
    if (house.ask((turn * 7) % people) !== 'allow') throw new Error('not what was expected')
  }
  const { user, system } = process.cpuUsage(before)
  return ((user + system) / turns) * 1000
}

const [few, many] = [build(10, 10), build(10_000, 1_000)]
const rows = [
  { name: 'the same ten people', people: few.grants, promise: mostAllowed },
  { name: 'all users in turn', people: many.grants, promise: Infinity },
]
const rounds = 25
process.stdout.write(
  `${'10,000 grants and 1,000 apps, to 10 of each'.padEnd(46)} ratio   (min .. max)    ns, few   many\n`,
)
for (const { name, people, promise } of rows) {
  const figures: { few: number; many: number }[] = []
  for (let round = -3; round < rounds; round++) {
    const figure = { few: cost(few, few.grants), many: cost(many, people) }
    if (round >= 0) figures.push(figure)
  }
  const ratios = figures.map((one) => one.many / one.few).toSorted((a, b) => a - b)
  const middle = (of: 'few' | 'many') => figures.map((one) => one[of]).toSorted((a, b) => a - b)[rounds >> 1]!
  const median = ratios[rounds >> 1]!
  if (median > promise) process.exitCode = 1
  process.stdout.write(
    `${name.padEnd(46)} ${median.toFixed(2)}    ${ratios[0]!.toFixed(2)} .. ${ratios.at(-1)!.toFixed(2)}    ${middle('few').toFixed(0).padStart(7)} ${middle('many').toFixed(0).padStart(6)}\n`,
  )
}
