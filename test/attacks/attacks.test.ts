// A short selection of `npm run test:attacks` as a regression test, and tests of the attack runner itself.

import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AttackSucceeded, type AttackSuite } from './case.ts'
import { notApplicable, playedBy } from './corpus-checks.ts'
import { classOf, expectationOf, readCorpus, variantsOf, type CorpusCase } from './corpus.ts'
import { openEnvironment, type Environment } from './environment.ts'
import { runRawAttack, checkHealthy } from './run-raw-attack.ts'
import { readsAsProtectedPath } from './permissive-parser.ts'
import { report } from './report.ts'
import { runControls } from './run.ts'
import { suites } from './suites.ts'
import { parseAnswers } from './raw-tls-client.ts'

/** Every nth case of each suite of raw bytes, and the checks that once found something. */
const oneIn = 12
const checks = [
  'nothing in a request chooses the upstream',
  'an app sets or deletes the session cookie, in any spelling',
  'an app that redirects to its internal address',
  'another app of the same host, in any spelling of its path',
  'out of the path that an upstream is asked below, in any spelling',
  'an app sets cookies for the other apps of its host',
  'an app under a path redirects elsewhere through what is mapped',
  'the assertion that one app of a host receives, used at the other',
  'the code, or the whole callback, of another user',
  'logout tokens with made-up keys, then a new key at the provider',
  'a ticket used twice, at another host, or in another browser',
  'a ticket for one host of an application at another, in another browser, or twice',
  'the chain of one’s own sign-in, opened by somebody else',
  'cookies stolen before a step-up, used after it',
  'a tunnel ends with the session it rests on',
  'a step-up in the browser of somebody else, with one’s own second factor',
  'UserInfo that fails, to be in no group and have no claim a rule denies',
  'a form from a sibling, says the browser',
  'posture headers without a signature, in any spelling',
  'two answers to one request',
  'an address that a trusted proxy states unreadably, or not at all',
  'another person on the connection an NTLM sign-in authenticated',
  'cookies of a sibling beyond any limit, and a link as long',
  'renegotiation of TLS 1.2, again and again',
  'a path that is none',
  'fields of a single hop',
  'a device its management calls not compliant, everything else in order',
  'an address of a domain that another provider vouches for',
  'the code of a guest in another browser, in a link, a second time',
  'the address of a guest in disguise: capitals, plus, full width, look-alikes, line ends',
  'the passkey of another guest',
  'a challenge of another session, of another purpose, or used before',
  'an account that has the address of somebody whose grant it was',
  'an own request approved by a second account without an address',
  'a claim left out, to escape the deny rule that looks at it',
  'a claim left out, to be none of those excluded',
  'an app that answers a handshake with a wrong Accept',
  'wrong emergency codes from many addresses do not shut out the right one',
  'a stated name with markup, line ends and the looks of a colleague',
  'fields an app has of its own, in any spelling, on a request and a handshake',
  'fields an app has of its own, twice, named in Connection, and in a trailer',
  'secrets of an app in answers to TRACE, malformed and refused requests, and in the log',
  'a head that only another app accepts',
  'an app repeats fields that HTTP/2 sends once, in head and trailers',
]

const raw = suites.flatMap((table: AttackSuite) =>
  (table.raw ?? []).filter(
    (attack, index) => index % oneIn === 0 || /announces|Content-Length: 5, and nothing/.test(attack.name),
  ),
)
const played = suites.flatMap((table) => table.checks ?? [])

describe('against the real gateway', () => {
  let ground: Environment
  beforeAll(async () => {
    ground = await openEnvironment({
      signIn: ['wiki', 'erp', 'odd', 'campus', 'laptop', 'front', 'noguests', 'legacy', 'access'],
    })
  })
  afterAll(() => ground?.stop())

  test('requests without an attack succeed, or nothing here would prove anything', async () => {
    await runControls(ground)
  })

  test.each(raw.map((attack) => [attack.name, attack] as const))('held: %s', async (_name, attack) => {
    await runRawAttack(ground, attack)
  })

  test.each(checks)('held: %s', async (name) => {
    const check = played.find((one) => one.name === name)
    expect(check, name).toBeDefined()
    await check!.run(ground)
  })

  test('the process is the same, and so is the session', async () => {
    await checkHealthy(ground)
  })

  test('the runner notices what does not hold', async () => {
    const open = { name: 'a page', bytes: () => `GET /public/x HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n\r\n` }
    for (const expected of [
      { status: [400] },
      { atMost: 0 },
      { closed: true },
      { absent: ['host'] },
      { equal: { host: 'x' } },
    ]) {
      await expect(runRawAttack(ground, { ...open, expected })).rejects.toThrow(AttackSucceeded)
    }
    await runRawAttack(ground, { ...open, expected: { status: [200], atMost: 1 } })
  })
})

describe('the runner', () => {
  test('gives no two checks one name: a corpus refers to them by it', () => {
    const names = suites.flatMap((table) => [...(table.raw ?? []), ...(table.checks ?? [])].map(({ name }) => name))
    const known = new Set(names)
    const missing = Object.values(playedBy)
      .flat()
      .filter((name) => !known.has(name))
    expect(missing).toEqual([])
    const referred = Object.values(playedBy).flat()
    expect(referred.filter((name) => names.filter((one) => one === name).length > 1)).toEqual([])
  })

  test('reads paths as the most lenient server would', () => {
    for (const path of [
      '/admin',
      '/x/..;/admin/y',
      '/%2561dmin',
      '/a/%2e%2e/admin',
      '/admin%20/x',
      '/\\admin',
      '/admin%23',
    ]) {
      expect(readsAsProtectedPath(path), path).toBe(true)
    }
    for (const path of ['/administrator', '/x/admin', '/', '/a?../admin'])
      expect(readsAsProtectedPath(path), path).toBe(false)
  })

  test('takes answers apart, one after the other', () => {
    const text =
      'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n'
    expect(parseAnswers(text).map(({ status, body, complete }) => [status, body, complete])).toEqual([
      [200, 'ok', true],
      [401, 'no', true],
    ])
    expect(parseAnswers('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok')[0]!.complete).toBe(false)
  })

  test('refuses a demand or a class it does not understand', () => {
    expect(() => expectationOf({ id: 'X', oracle: { surprising: 1 } })).toThrow('surprising')
    expect(() => classOf({ id: 'X', class: 'surprising', transport: 'h1' })).toThrow('surprising')
  })

  test('tells in its table what held, what did not and what does not apply', () => {
    const one = { class: 'csrf', origin: 'own', core: false, name: 'a', detail: undefined } as const
    const text = report([
      { ...one, outcome: 'held' },
      { ...one, outcome: 'not held', name: 'b', detail: 'expected 403; came 200' },
      { ...one, outcome: 'not applicable', origin: 'corpus', core: true, name: 'c', detail: 'why' },
    ])
    expect(text).toMatch(/^csrf +2 +1 +0 +0 +1$/m)
    expect(text).toContain('b\n    expected 403; came 200')
    expect(text).toContain('[core] c: why')
  })

  const corpus: readonly CorpusCase[] | undefined = readCorpus(process.env)
  test.runIf(corpus !== undefined && existsSync('package.json'))(
    'understands every case of the corpus beside it',
    () => {
      for (const one of corpus!) {
        if (one.transport === 'h1') expect(variantsOf(one).length).toBeGreaterThan(0)
        else expect(playedBy[one.id] ?? notApplicable[one.id], one.id).toBeDefined()
      }
    },
  )
})
