// `npm run test:soak`: two nodes on one Redis under load and kills; exits 1 when an expectation is not met or memory grows.

import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { numberOf, readCommandLine, type CommandForm, type CommandOptions } from '../../scripts/command-line.ts'
import { unexpectedError, type NodeProcess } from '../support/gateway-process.ts'
import { startTestEnvironment } from '../support/test-environment.ts'
import { startVirtualUsers } from './virtual-users.ts'
import { inspectable, watchHeap } from './heap.ts'
import { createExpectedState } from './expected-state.ts'
import { isLeak, minMinutes, limits, trendOf, type Sample } from './leak-detector.ts'

const megabyte = 1024 ** 2

const form = {
  name: 'test:soak',
  about: 'Two nodes on one Redis under load and kills. Exits 1 when an expectation is not met or memory grows.',
  options: { minutes: { type: 'string', default: '20', help: `at least 1; growth is judged from ${minMinutes} on` } },
} as const satisfies CommandForm<CommandOptions>
const atLeastOne = {
  contains: (value: number) => Number.isFinite(value) && value >= 1,
  words: 'a number of at least 1',
}
const minutes = numberOf(form, 'minutes', readCommandLine(form).minutes, atLeastOne)

const stage = await startTestEnvironment({
  apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }] }, erp: { policy: [{ allow: { grant: 'required' } }] } },
  more: () => ({
    session: { revalidate: '1m' },
    // Idle connections close soon, so that the number of handles reflects the current load, not that of a minute ago.
    limits: { sign_ins_per_minute: 100_000, connections_per_address: 2_000, keep_alive_timeout: '10s' },
    audit: { rotate: '20MB', keep: 2 },
  }),
})
try {
  process.exitCode = await soak()
} finally {
  await stage.stop()
}

async function soak(): Promise<number> {
  const a = await stage.startNode('a', {}, inspectable)
  const heap = await watchHeap(a.output())
  let b: NodeProcess | undefined = await stage.startNode('b')
  const expectedState = createExpectedState()
  const users = startVirtualUsers({ stage, ledger: expectedState, nodes: () => (b === undefined ? [a] : [a, b]) })
  const live: Sample[] = []
  const resident: Sample[] = []
  const handles: Sample[] = []
  const kills = { redis: 0, node: 0 }
  const unexpectedErrors: string[] = []
  const began = Date.now()
  const until = began + minutes * 60_000
  console.log(`soak: ${minutes} min, node a is watched, node b and Redis are killed`)

  const sampling = setInterval(() => {
    const at = Date.now() - began
    resident.push({ at, value: a.rss() / megabyte })
    handles.push({ at, value: readdirSync(`/proc/${a.pid}/fd`).length })
  }, 2_000)
  let looking: Promise<unknown> = Promise.resolve()
  const collecting = setInterval(() => {
    const look = async (): Promise<unknown> =>
      live.push({ at: Date.now() - began, value: (await heap.live()) / megabyte })
    looking = looking.then(look).catch((error: unknown) => unexpectedErrors.push(String(error)))
  }, 15_000)
  let reportedMinute = 0
  let nextRedis = began + 20_000
  let nextNode = began + 35_000
  while (Date.now() < until) {
    await pause(500)
    if (Date.now() > nextRedis && until - Date.now() > 10_000) {
      await stage.redis.kill9()
      kills.redis++
      await pause(500 + Math.random() * 3_000)
      await stage.redis.start()
      nextRedis = Date.now() + 40_000
    }
    if (Date.now() > nextNode && until - Date.now() > 10_000 && b !== undefined) {
      const dying: NodeProcess = b
      // No new requests are sent to it; open ones are cut off.
      b = undefined
      await dying.kill9()
      kills.node++
      unexpectedErrors.push(...unexpectedErrorsOf(dying))
      b = await stage.startNode('b')
      nextNode = Date.now() + 50_000
    }
    const minute = Math.floor((Date.now() - began) / 60_000)
    if (minute > reportedMinute) {
      reportedMinute = minute
      console.log(`  ${minute} min: ${line()}`)
    }
  }
  clearInterval(sampling)
  clearInterval(collecting)
  await looking
  heap.close()
  // Let open requests end while Redis and both nodes are up.
  await pause(3_000)
  await users.stop()
  unexpectedErrors.push(...unexpectedErrorsOf(a), ...(b === undefined ? [] : unexpectedErrorsOf(b)))
  return report()

  function line(): string {
    const { requests, broken, faults } = users.counts
    const { wrongAllows, lostGrants } = expectedState.counts
    return `${requests} requests (${broken} broken off, ${faults} denied due to a fault), ${wrongAllows} wrong allows, ${lostGrants} lost grants, ${(live.at(-1)?.value ?? 0).toFixed(1)} MB live, ${Math.round(resident.at(-1)?.value ?? 0)} MB resident, ${handles.at(-1)?.value ?? 0} handles`
  }

  function report(): number {
    const { counts } = expectedState
    const rows: [what: string, seen: string, kept: boolean][] = [
      ['wrong allows', `${counts.wrongAllows} of ${counts.checked} answers checked`, counts.wrongAllows === 0],
      ['sessions lost', `${counts.wrongRefusals}`, counts.wrongRefusals === 0],
      ['acknowledged grants lost', `${counts.lostGrants} of ${counts.granted}`, counts.lostGrants === 0],
      ['unexpected errors in a log', `${unexpectedErrors.length}`, unexpectedErrors.length === 0],
      flat('live heap of node a', 'MB', live, limits.live),
      flat('memory of node a', 'MB', resident, limits.resident),
      flat('handles of node a', '', handles, limits.handles),
    ]
    const { requests, signIns, sockets, ends, broken, faults } = users.counts
    console.log(
      `\n${requests} requests, ${signIns} sign-ins, ${sockets} WebSockets, ${ends} sessions ended, ${counts.granted} grants given`,
    )
    console.log(
      `killed: Redis ${kills.redis} times, node b ${kills.node} times; meanwhile ${broken} broken off, ${faults} denied due to a fault\n`,
    )
    for (const [what, seen, kept] of rows) console.log(`${what.padEnd(26)} ${kept ? 'met    ' : 'NOT met'}  ${seen}`)
    for (const complaint of [...expectedState.complaints, ...unexpectedErrors]) console.log(`  ${complaint}`)
    const enough =
      requests > minutes * 60 * 10 &&
      signIns > 0 &&
      sockets > 0 &&
      ends > 0 &&
      counts.granted > 0 &&
      kills.redis > 0 &&
      kills.node > 0
    if (!enough) console.log('soak: too little happened to prove anything')
    return enough && rows.every(([, , kept]) => kept) ? 0 : 1
  }
}

function flat(what: string, unit: string, samples: readonly Sample[], limit: number): [string, string, boolean] {
  const { perMinute, first, last } = trendOf(samples)
  const judged = minutes >= minMinutes
  const seen = [
    `${perMinute.toFixed(2)} ${unit}`.trimEnd(),
    `a minute over the second half, at most ${limit}`,
    `(${Math.round(first)} at first, ${Math.round(last)} at last)`,
    ...(judged ? [] : [`not judged: under ${minMinutes} minutes`]),
  ]
  return [what, seen.join(' '), !judged || !isLeak(samples, limit)]
}

function unexpectedErrorsOf(node: NodeProcess): string[] {
  return node
    .output()
    .split('\n')
    .filter((text) => unexpectedError.test(text))
    .map((text) => `${node.name}: ${text.slice(0, 400)}`)
}
