// Attack class session lifetime: idle timeout, maximum age, re-validation, and revocation during a request.

import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from '../../support/user-client.ts'
import { must, type AttackSuite } from '../case.ts'
import type { Environment } from '../environment.ts'

async function signedIn(ground: Environment, app: string, sub: string): Promise<Person> {
  const right = { ...ground.provider.person }
  const person = ground.person()
  Object.assign(ground.provider.person, { sub, sid: `sid-${sub}`, email: `${sub}@corp.test` })
  try {
    const seen = await person.signIn(`${ground.origin(app)}/`, ground.port)
    must(seen.status === 200, `${sub} to be signed in`, seen.status)
  } finally {
    Object.assign(ground.provider.person, right)
  }
  return person
}

const status = async (ground: Environment, person: Person, app: string): Promise<number> =>
  (await person.ask(`${ground.origin(app)}/x`, ground.port)).status

const refreshes = ({ provider }: Environment): number =>
  provider.tokenRequests.filter((form) => form.get('grant_type') === 'refresh_token').length

export const lifetimes: AttackSuite = {
  class: 'session',
  checks: [
    {
      name: 'idle timeout with an open connection',
      async run(ground) {
        const person = await signedIn(ground, 'brief', 'idler')
        const socket = await person.socket(`${ground.origin('brief')}/live`, ground.port)
        must((await status(ground, person, 'brief')) === 200, '200 at first', 'something else')
        await pause(2_300)
        // 403 instead of 401 right after a sign-in: another sign-in would cause a redirect loop.
        const idle = await status(ground, person, 'brief')
        must(idle === 401 || idle === 403, 'a refusal when idle', idle)
        must(socket.heard() > 0, 'the socket to have been open', 0)
        person.close()
      },
    },
    {
      name: 'active beyond the maximum lifetime',
      async run(ground) {
        const person = await signedIn(ground, 'hourly', 'busy')
        const socket = await person.socket(`${ground.origin('hourly')}/live`, ground.port)
        const begun = Date.now()
        let last = 200
        while (last === 200 && Date.now() - begun < 6_000) {
          last = await status(ground, person, 'hourly')
          await pause(100)
        }
        must(last === 401 || last === 403, 'a refusal in the end', last)
        await Promise.race([socket.ended, pause(2_000)])
        must(socket.endedAt() !== undefined, 'the WebSocket to be closed', 'it is open')
        person.close()
      },
    },
    {
      name: 'fifty concurrent requests when re-validation is due',
      async run(ground) {
        const person = await signedIn(ground, 'fresh', 'crowd')
        await pause(2_200)
        const before = refreshes(ground)
        ground.provider.deviation = { claims: (claims) => ({ ...claims, sub: 'crowd' }) }
        const all = await Promise.all(Array.from({ length: 50 }, () => status(ground, person, 'fresh')))
        must(
          all.every((one) => one === 200),
          '200 for all',
          all.join(),
        )
        must(refreshes(ground) - before === 1, 'one question to the provider', refreshes(ground) - before)
        must((await status(ground, person, 'fresh')) === 200, 'the session to go on', 'it is over')
        ground.provider.deviation = {}
        person.close()
      },
    },
    {
      name: 'an account the provider no longer knows',
      async run(ground) {
        const person = await signedIn(ground, 'fresh', 'leaver')
        const socket = await person.socket(`${ground.origin('fresh')}/live`, ground.port)
        ground.provider.disabled = true
        try {
          await pause(2_200)
          must((await status(ground, person, 'fresh')) === 401, '401', 'something else')
          await Promise.race([socket.ended, pause(2_000)])
          must(socket.endedAt() !== undefined, 'the WebSocket to be closed', 'it is open')
        } finally {
          ground.provider.disabled = false
        }
        must((await status(ground, person, 'fresh')) === 401, 'to stay out', 'back in')
        person.close()
      },
    },
    {
      name: 'an account the provider no longer knows, with the answer to an earlier question',
      async run(ground) {
        const person = await signedIn(ground, 'watched', 'gone')
        ground.provider.deviation = { claims: (claims) => ({ ...claims, sub: 'gone' }) }
        try {
          await pause(1_100)
          must((await status(ground, person, 'watched')) === 200, 'the first question to be answered', 'refused')
          ground.provider.disabled = true
          await pause(1_100)
          const reached = await status(ground, person, 'watched')
          must(reached === 401, '401', reached)
        } finally {
          ground.provider.deviation = {}
          ground.provider.disabled = false
        }
        person.close()
      },
    },
    {
      name: 'a group removed',
      async run(ground) {
        const person = await signedIn(ground, 'fresh', 'mover')
        ground.provider.deviation = { claims: (claims) => ({ ...claims, sub: 'mover', groups: [] }) }
        try {
          await pause(2_200)
          must((await status(ground, person, 'fresh')) === 403, '403', 'something else')
        } finally {
          ground.provider.deviation = {}
        }
        person.close()
      },
    },
    {
      name: 'a group removed, at a provider that says nothing about groups at refreshes',
      async run(ground) {
        const person = await signedIn(ground, 'fresh', 'silent')
        const { provider } = ground
        const right = { ...provider.person }
        provider.refreshIdToken = false
        Object.assign(provider.person, { sub: 'silent', groups: [] })
        provider.deviation = { userInfo: ({ groups: _gone, ...claims }) => claims }
        try {
          for (let round = 0; round < 2; round++) {
            await pause(2_200)
            await status(ground, person, 'fresh')
          }
          const script = await status(ground, person, 'fresh')
          must(script === 401, '401 with a sign-in to prove it', script)
          // The silent sign-in on the way states the groups of today.
          const page = await person.signIn(`${ground.origin('fresh')}/`, ground.port)
          must(page.status === 403, '403 after the silent sign-in', page.status)
          must(provider.authorization.get('prompt') === 'none', 'no interaction', provider.authorization.get('prompt'))
        } finally {
          provider.deviation = {}
          provider.refreshIdToken = true
          Object.assign(provider.person, right)
        }
        person.close()
      },
    },
    {
      name: 'a provider that accepts and never answers',
      async run(ground) {
        const [first, second] = [await signedIn(ground, 'fresh', 'held'), await signedIn(ground, 'fresh', 'next')]
        await pause(2_200)
        ground.provider.deviation = { reply: () => true }
        const timed = async (person: Person): Promise<readonly [status: number, milliseconds: number]> => {
          const since = Date.now()
          return [await status(ground, person, 'fresh'), Date.now() - since]
        }
        try {
          const [held, heldFor] = await timed(first)
          must(held === 503 && heldFor < 13_000, '503 after one time-out', [held, heldFor])
          for (const person of [second, first, second]) {
            const [told, toldAfter] = await timed(person)
            must(told === 503 && toldAfter < 1_500, '503 at once', [told, toldAfter])
          }
          must((await status(ground, ground.ada, 'wiki')) === 200, 'others to go on', 'they do not')
          return `held ${heldFor} ms, then nobody`
        } finally {
          ground.provider.deviation = {}
          for (const person of [first, second]) person.close()
          // Until the next probe.
          await pause(3_000)
        }
      },
    },
    {
      name: 'a refresh that returns another subject',
      async run(ground) {
        const person = await signedIn(ground, 'fresh', 'swapped')
        ground.provider.deviation = { claims: (claims) => ({ ...claims, sub: 'somebody-else' }) }
        try {
          await pause(2_200)
          must((await status(ground, person, 'fresh')) !== 200, 'no access', 200)
        } finally {
          ground.provider.deviation = {}
        }
        person.close()
      },
    },
    {
      name: 'a refresh in progress when the session is revoked',
      async run(ground) {
        const person = await signedIn(ground, 'fresh', 'racer')
        ground.provider.deviation = {
          claims: (claims) => ({ ...claims, sub: 'racer' }),
          idToken: async (right) => (await pause(600), right),
        }
        try {
          await pause(2_200)
          const under = status(ground, person, 'fresh')
          await pause(200)
          const ended = await ground.node.admin('POST', '/sessions/end', { user: 'corp|racer' })
          must(ended.status === 200, 'the session to be ended', ended)
          must((await under) !== 200, 'no access for the request that waited', 200)
          await pause(800)
          must((await status(ground, person, 'fresh')) === 401, 'the late answer to revive nothing', 'it did')
        } finally {
          ground.provider.deviation = {}
        }
        person.close()
      },
    },
    {
      name: 'back-channel logout, real and forged',
      async run(ground) {
        const people = await Promise.all([0, 1, 2].map(() => ground.person()))
        const right = { ...ground.provider.person }
        Object.assign(ground.provider.person, { sub: 'everywhere', sid: 'sid-everywhere' })
        for (const person of people) await person.signIn(`${ground.origin('erp')}/`, ground.port)
        Object.assign(ground.provider.person, right)
        const send = async (token: string): Promise<number> => {
          const body = new URLSearchParams({ logout_token: token }).toString()
          const asked = { method: 'POST', body }
          return (await ground.person().ask(`${ground.origin('access')}/backchannel-logout/corp`, ground.port, asked))
            .status
        }
        const about = (claims: Record<string, unknown>) => ({ ...claims, sub: 'everywhere', sid: undefined })
        const { provider } = ground
        const whole = await provider.logoutToken(about)
        const forged = [
          whole.replace(/[^.]+$/, 'AAAA'),
          whole.replace(/[^.]+$/, ''),
          await provider.logoutToken((claims) => ({ ...about(claims), nonce: 'x' })),
          await provider.logoutToken((claims) => ({ ...about(claims), events: {} })),
          await provider.logoutToken((claims) => ({ ...about(claims), aud: 'other' })),
          await provider.logoutToken((claims) => ({ ...about(claims), iss: 'https://evil.test' })),
          await provider.logoutToken((claims) => ({ ...about(claims), exp: 1, iat: 0 })),
          await provider.logoutToken((claims) => ({ ...claims, sub: undefined, sid: undefined })),
          'x'.repeat(60_000),
        ]
        for (const token of forged) must((await send(token)) === 400, '400 for a forged token', token.slice(0, 80))
        for (const person of people) must((await status(ground, person, 'erp')) === 200, 'no user is signed out', 'out')
        must((await send(whole)) < 300, 'the right one to be taken', 'refused')
        await pause(100)
        for (const person of people)
          must((await status(ground, person, 'erp')) === 401, 'all users are signed out', 'in')
        for (const person of people) person.close()
      },
    },
  ],
}
