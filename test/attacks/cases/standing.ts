// Attack class standing: what an account gains by mixing with another at a step-up, by an outage of UserInfo, or after a sign-out.

import { setTimeout as pause } from 'node:timers/promises'
import type { Deviation, Json } from '../../support/provider-under-test.ts'
import type { Person } from '../../support/user-client.ts'
import { must, type AttackSuite } from '../case.ts'
import type { Environment } from '../environment.ts'

/** Who the provider signs in while `work` runs. */
async function as<T>({ provider }: Environment, claims: Json, work: () => Promise<T>): Promise<T> {
  const right = { ...provider.person }
  Object.assign(provider.person, claims)
  try {
    return await work()
  } finally {
    Object.assign(provider.person, right)
    for (const name of Object.keys(claims)) if (!(name in right)) delete provider.person[name]
  }
}

const account = (sub: string): Json => ({ sub, sid: `sid-${sub}`, email: `${sub}@corp.test` })

async function enter(ground: Environment, person: Person, app: string, claims: Json): Promise<number> {
  return as(ground, claims, async () => (await person.signIn(`${ground.origin(app)}/`, ground.port)).status)
}

async function subjectAt(ground: Environment, person: Person, app: string): Promise<string | undefined> {
  const answer = await person.ask(`${ground.origin(app)}/.einlass/session`, ground.port)
  return answer.status === 200 ? (JSON.parse(answer.body) as { subject: { sub: string } }).subject.sub : undefined
}

const failing = (status: number): Deviation => ({
  reply(path, response) {
    if (path !== '/userinfo') return false
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    return true
  },
})

export const standing: AttackSuite = {
  class: 'session',
  checks: [
    {
      name: 'a step-up in the browser of somebody else, with one’s own second factor',
      async run(ground) {
        const victim = ground.person()
        must((await enter(ground, victim, 'fresh', account('victim'))) === 200, 'the victim signed in', 'not')
        const before = ground.provider.revoked.length
        // The attacker sits at the open browser, and answers the step-up with an account of their own.
        const strong = { ...account('intruder'), acr: 'urn:two', amr: ['mfa'] }
        const reached = await enter(ground, victim, 'vault', strong)
        must(reached === 403, '403 at the application behind the second factor', reached)
        must((await subjectAt(ground, victim, 'fresh')) === 'victim', 'the session to stay the victim’s', 'another')
        // Its next refresh uses the victim's token, and the intruder's is dead.
        await pause(2_300)
        const after = await as(ground, account('victim'), () => subjectAt(ground, victim, 'fresh'))
        must(after === 'victim', 'the session to go on', after)
        must(ground.provider.revoked.length > before, 'the tokens of the intruder to be revoked', 'alive')
        victim.close()
      },
    },
    {
      name: 'a step-up of somebody else’s session that names its provider session',
      async run(ground) {
        const victim = ground.person()
        must((await enter(ground, victim, 'fresh', account('owner'))) === 200, 'the owner signed in', 'not')
        await enter(ground, victim, 'vault', { ...account('mimic'), sid: 'sid-owner', acr: 'urn:two' })
        must((await subjectAt(ground, victim, 'fresh')) === 'owner', 'the session to stay the owner’s', 'another')
        const list = await ground.node.admin('GET', '/sessions')
        const subjects = (list.value as { subject: { sub: string } }[]).map(({ subject }) => subject.sub)
        must(!subjects.includes('mimic'), 'no session of the other account', 'there is one')
        victim.close()
      },
    },
    {
      name: 'UserInfo that fails, to be in no group and have no claim a rule denies',
      async run(ground) {
        const { provider } = ground
        const claims = { ...account('hidden'), groups: ['staff', 'guild'], contractor: 'true', dept: 'sales' }
        // The name is what the ID token lacks, so that UserInfo is asked.
        const withheld: readonly (readonly [claims: readonly string[], apps: readonly string[]])[] = [
          [['groups'], ['noguild', 'bosses', 'erp']],
          [
            ['contractor', 'dept', 'name'],
            ['declared', 'inside', 'nosales'],
          ],
        ]
        try {
          for (const status of [500, 401, 200]) {
            provider.deviation = failing(status)
            for (const [only, apps] of withheld) {
              provider.userInfoOnly = only
              for (const app of apps) {
                const person = ground.person()
                const seen = await enter(ground, person, app, claims)
                must(seen >= 400 && seen < 500, `a refusal at ${app} while UserInfo answers ${status}`, seen)
                person.close()
              }
            }
          }
        } finally {
          provider.deviation = {}
          provider.userInfoOnly = []
        }
      },
    },
    {
      name: 'the refresh token of a session, used at the provider after its sign-out',
      async run(ground) {
        const person = ground.person()
        const others = new Set(ground.provider.liveRefreshTokens())
        must((await enter(ground, person, 'fresh', account('leaver-2'))) === 200, 'a sign-in', 'not')
        const own = () => ground.provider.liveRefreshTokens().filter((token) => !others.has(token))
        must(own().length === 1, 'one live token', own().length)
        const left = await person.ask(`${ground.origin('fresh')}/.einlass/sign-out`, ground.port, {
          method: 'POST',
          page: true,
          body: '',
        })
        must(left.status === 200, 'the page after the sign-out', left.status)
        for (let waited = 0; own().length > 0 && waited < 2_000; waited += 50) await pause(50)
        must(own().length === 0, 'no live token', own().length)
        person.close()
      },
    },
  ],
}
