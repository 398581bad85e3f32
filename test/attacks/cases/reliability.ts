// Attack class reliability: store down, frozen or rolled back, lost hints, stopping nodes; all fail closed and recover.

import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from '../../support/user-client.ts'
import { findRedis, startRedis, type RedisOptions, type RedisProcess } from '../../support/redis.ts'
import { walk } from '../browser-steps.ts'
import { must, NotApplicable, type AttackSuite, type Check } from '../case.ts'
import { openEnvironment, type Environment } from '../environment.ts'

/** Environment with a Redis of its own. */
function overRedis(
  name: string,
  run: (ground: Environment, redis: RedisProcess) => Promise<string | void>,
  options: RedisOptions = { aof: true },
): Check {
  return {
    name,
    async run() {
      try {
        findRedis()
      } catch (error) {
        throw new NotApplicable((error as Error).message)
      }
      const redis = await startRedis(options)
      try {
        const ground = await openEnvironment({ store: redis.url, signIn: ['wiki', 'erp'] })
        try {
          return await run(ground, redis)
        } finally {
          await ground.stop()
        }
      } finally {
        await redis.stop()
      }
    },
  }
}

const status = async (ground: Environment, person: Person = ground.ada, port = ground.port): Promise<number> =>
  (await person.ask(`${ground.origin('wiki')}/x`, port)).status

async function heals(ground: Environment): Promise<number> {
  const begun = Date.now()
  while (Date.now() - begun < 5_000) {
    if ((await status(ground)) === 200) return Date.now() - begun
    await pause(25)
  }
  must(false, 'to heal within 5 s', 'it did not')
}

export const reliability: AttackSuite = {
  class: 'fail-closed-reliability',
  checks: [
    overRedis('the store goes away and comes back', async (ground, redis) => {
      const socket = await ground.ada.socket(`${ground.origin('wiki')}/live`, ground.port)
      await redis.kill9()
      const since = Date.now()
      let lastAllowed = 0
      while (Date.now() - since < 3_500) {
        const at = Date.now() - since
        const got = await status(ground)
        if (got === 200) lastAllowed = at
        else must(got === 503, '503', got)
        await pause(20)
      }
      must(lastAllowed < 2_000, 'nothing allowed after 2 s', lastAllowed)
      must(socket.endedAt() !== undefined, 'the WebSocket cut', 'it is open')
      await redis.start()
      return `nothing passed after ${lastAllowed} ms; healed ${await heals(ground)} ms after it was back`
    }),
    overRedis('four hundred strangers begin to sign in at two nodes, and end elsewhere', async (ground, redis) => {
      const other = await ground.secondNode()
      const names = async (): Promise<readonly string[]> =>
        (await redis.command('KEYS', '*')).split('\r\n').filter((line) => line.includes(':'))
      const before = new Set(await names())
      for (let round = 0; round < 20; round++) {
        await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            const stranger = ground.person()
            const asked = { page: true, from: `127.0.4.${index}` }
            const away = await stranger.ask(`${ground.origin('erp')}/${round}`, ground.port, asked)
            must(away.status === 302, '302 for everybody', away.status)
            const provider = await stranger.ask(away.headers.location!, other.port, asked)
            must(provider.status === 303, '303 for everybody', provider.status)
            const state = new URL(provider.headers.location!).searchParams.get('state')!
            const query = new URLSearchParams({ state, code: 'made up', iss: ground.provider.issuer })
            const back = await stranger.ask(`${ground.origin('access')}/callback/corp?${query}`, ground.port, asked)
            must(back.status === 403, '403: the provider knows no such code', back.status)
            stranger.close()
          }),
        )
      }
      // Ada's entry in the list of users is written some time after her sign-in.
      const left = (await names()).filter((name) => !before.has(name) && !/:(?:people$|person:)/.test(name))
      must(left.length === 0, 'no entry in the store', left)
      // Begun on one node, ended on the other, in the midst of it.
      const person = ground.person()
      const since = performance.now()
      const first = await person.ask(`${ground.origin('erp')}/deep`, ground.port, { page: true })
      const seen = await walk({ ...ground, port: other.port }, person, first.headers.location!)
      must(seen.hops.at(-1)?.url.href === `${ground.origin('erp')}/deep`, 'the page wanted', seen.hops.at(-1)?.url.href)
      person.close()
      return `nothing stored; an honest sign-in over both nodes took ${Math.round(performance.now() - since)} ms`
    }),
    overRedis('the store freezes', async (ground, redis) => {
      redis.freeze()
      try {
        await pause(2_000)
        const since = Date.now()
        must((await status(ground)) === 503, '503', 'something else')
        must(Date.now() - since < 2_500, 'an answer soon', Date.now() - since)
        // An unfinished sign-in needs no store; it cannot be completed without it.
        const stranger = ground.person()
        const begun = await stranger.ask(`${ground.origin('wiki')}/`, ground.port, { page: true })
        must(begun.status === 302, 'a stranger to be sent to sign-in', begun.status)
        const seen = await stranger.signIn(`${ground.origin('wiki')}/`, ground.port)
        must(seen.status === 503, '503 at the end of a sign-in', seen.status)
      } finally {
        redis.thaw()
      }
      return `healed ${await heals(ground)} ms after it was thawed`
    }),
    overRedis('late answers of the store, and many people at once', async (ground, redis) => {
      const people: Person[] = []
      const right = { ...ground.provider.person }
      for (let index = 0; index < 12; index++) {
        Object.assign(ground.provider.person, { sub: `p${index}`, preferred_username: `p${index}`, sid: `s${index}` })
        const person = ground.person()
        await person.signIn(`${ground.origin('wiki')}/`, ground.port)
        people.push(person)
      }
      Object.assign(ground.provider.person, right)
      const other = await ground.secondNode()
      let asked = 0
      for (let round = 0; round < 8; round++) {
        if (round % 2 === 1) {
          redis.freeze()
          setTimeout(() => redis.thaw(), 700)
        }
        await Promise.all(
          people.flatMap((person, index) =>
            [ground.port, other.port].map(async (port) => {
              const path = `/who/${index}/${round}/${port}`
              const answer = await person.ask(`${ground.origin('wiki')}${path}`, port)
              must([200, 503].includes(answer.status), '200 or 503', answer.status)
              if (answer.status !== 200) return
              const reached = ground.upstream.requests.filter(({ line }) => line.includes(`${path} `))
              for (const one of reached)
                must(one.values('x-forwarded-user').join() === `p${index}`, 'its own name', one.fields)
              asked++
            }),
          ),
        )
        await pause(50)
      }
      for (const person of people) person.close()
      return `${asked} answers, each under its own name`
    }),
    overRedis('hints between nodes are lost', async (ground, redis) => {
      const other = await ground.secondNode()
      const person = ground.person()
      await person.signIn(`${ground.origin('wiki')}/`, ground.port)
      must((await status(ground, person, other.port)) === 200, '200 on the other node', 'something else')
      const killing = setInterval(() => void redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub').catch(() => {}), 50)
      try {
        await pause(300)
        await ground.node.admin('POST', '/sessions/end', { user: 'corp|person-1' })
        const since = Date.now()
        while ((await status(ground, person, other.port)) === 200) {
          must(Date.now() - since < 2_000, 'to be out on the other node within 2 s', Date.now() - since)
          await pause(25)
        }
        return `out on the other node after ${Date.now() - since} ms`
      } finally {
        clearInterval(killing)
        person.close()
      }
    }),
    overRedis('write access to the store: a forged session', async (ground, redis) => {
      const keys = (await redis.command('KEYS', '*')).split('\r\n').filter((line) => line !== '' && !/^[*$]/.test(line))
      const cookies = keys.filter((key) => key.includes('cookie:'))
      const sessions = keys.filter((key) => /(^|:)session:/.test(key))
      must(cookies.length >= 2 && sessions.length >= 1, 'records', keys)
      const dump = await Promise.all([...cookies, ...sessions].map((key) => redis.command('GET', key).catch(() => '')))
      must(!dump.join().includes('person-1'), 'nothing in clear', dump)
      // Valid records under the key of a cookie the attacker chose, and forged records.
      const own = randomBytes(32).toString('base64url')
      const digest = createHash('sha256').update(own).digest('base64url')
      const prefix = cookies[0]!.slice(0, cookies[0]!.indexOf('cookie:'))
      const made = JSON.stringify({ session: 'x', host: ground.host('wiki'), generation: 0 })
      const moves = [
        ...cookies.map((key) => ['COPY', key]),
        ...sessions.map((key) => ['COPY', key]),
        ['SET', made],
      ] as const
      for (const [how, what] of moves) {
        const target = `${prefix}cookie:${digest}`
        if (how === 'COPY') await redis.command('COPY', what!, target, 'REPLACE')
        else await redis.command('SET', target, what!)
        const headers = { cookie: `__Host-einlass=${own}` }
        const answer = await ground.person().ask(`${ground.origin('wiki')}/x`, ground.port, { headers })
        must(answer.status === 401, '401', `${answer.status} after ${how}`)
      }
      must((await status(ground)) === 200, 'the right session to be good', 'no')
    }),
    overRedis(
      'a store that goes back to before a session ended',
      async (ground, redis) => {
        const other = await ground.secondNode()
        const person = ground.person()
        await person.signIn(`${ground.origin('wiki')}/`, ground.port)
        must((await status(ground, person, other.port)) === 200, '200 on the other node', 'something else')
        // The state of a replica that was promoted before it received later writes.
        await redis.command('SAVE')
        await ground.node.admin('POST', '/sessions/end', { user: 'corp|person-1' })
        while ((await status(ground, person, other.port)) === 200) await pause(10)
        await redis.kill9()
        await redis.start()
        const since = Date.now()
        const seen = new Set<number>()
        while (Date.now() - since < 3_000) {
          for (const port of [ground.port, other.port]) seen.add(await status(ground, person, port))
          await pause(20)
        }
        must(!seen.has(200) && seen.has(401), '401 on both nodes', [...seen])
        const third = await ground.secondNode('c')
        const late = await status(ground, person, third.port)
        must(late === 401, '401 on a node that has heard of nothing', late)
        person.close()
      },
      {},
    ),
    overRedis('no room for the audit', async (ground) => {
      const file = join(ground.folder, 'a.jsonl')
      const limit = (size: string): void =>
        void execFileSync('prlimit', ['--pid', String(ground.node.pid), `--fsize=${size}:`])
      const audit = async () => {
        const { value } = await ground.node.admin('GET', '/status')
        return (value as { audit: { sinks: readonly { state: string; queued: number }[] } }).audit.sinks[0]!
      }
      await heals(ground)
      limit(String(statSync(file).size + 100))
      try {
        for (let asked = 0; asked < 40; asked++) {
          const got = await status(ground)
          must(got === 200, 'decided as before', got)
        }
        const since = Date.now()
        while ((await audit()).state !== 'failing') {
          must(Date.now() - since < 3_000, 'status to say so', await audit())
          await pause(50)
        }
      } finally {
        limit('unlimited')
      }
      const since = Date.now()
      const reached = ground.upstream.requests.flatMap(({ values }) => values('x-request-id'))
      for (;;) {
        const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
        const told = new Map<string, number>()
        for (const line of lines) {
          const { metadata } = JSON.parse(line) as { metadata: { correlation_uid?: string } }
          if (metadata.correlation_uid !== undefined) {
            told.set(metadata.correlation_uid, (told.get(metadata.correlation_uid) ?? 0) + 1)
          }
        }
        if (reached.every((id) => told.get(id) === 1)) return `${reached.length} requests, each told once afterwards`
        must(Date.now() - since < 15_000, 'every request in the audit once', told.size)
        await pause(100)
      }
    }),
    overRedis('told to stop while people are on', async (ground) => {
      const under = Array.from({ length: 20 }, () => status(ground).catch((error: Error) => error.message))
      const socket = await ground.ada.socket(`${ground.origin('wiki')}/live`, ground.port)
      await pause(20)
      const stopped = ground.node.stop()
      const answers = await Promise.all(under)
      must(
        answers.every((answer) => answer === 200),
        '200 for what was under way',
        answers,
      )
      must((await stopped) === 0, 'exit code 0', await stopped)
      must(socket.endedAt() !== undefined, 'the WebSocket to be over', 'it is open')
    }),
  ],
}
