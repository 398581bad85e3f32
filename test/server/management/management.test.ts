// Management of a running gateway: health checks and metrics on the operations listener, admin API on the socket.

import { get } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Grant } from '../../../src/policy/grant.ts'
import type { Command, NodeProcess } from '../../support/gateway-process.ts'
import { freePort, startRedis } from '../../support/redis.ts'
import { startTestEnvironment, type TestEnvironment } from '../../support/test-environment.ts'
import { createGatewayEnvironment } from '../environment.ts'

function asked(port: number, path: string): Promise<{ status: number | undefined; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      let body = ''
      answer.on('data', (chunk: Buffer) => (body += chunk))
      answer.on('end', () => resolve({ status: answer.statusCode, type: answer.headers['content-type'] ?? '', body }))
    }).on('error', reject)
  })
}

test('without its store a gateway is alive but not ready; with it again it is ready again', async () => {
  const redis = await startRedis()
  try {
    const house = await createGatewayEnvironment(redis.url)
    const gateway = await house.start()
    const health = async (path: string): Promise<number | undefined> => (await asked(house.operationsPort, path)).status
    const ready = await asked(house.operationsPort, '/readyz')
    expect(ready).toMatchObject({ status: 200, type: 'application/json' })
    expect(JSON.parse(ready.body)).toMatchObject({ status: 'ready', store: { kind: 'redis', reachable: true } })
    const numbers = await asked(house.operationsPort, '/metrics')
    expect(numbers.status).toBe(200)
    expect(numbers.type).toMatch(/^text\/plain/)
    expect(numbers.body).toMatch(/^# HELP einlass_/m)
    expect(await health('/else')).toBe(404)

    await redis.kill9()
    await expect.poll(() => health('/readyz'), { timeout: 10_000 }).toBe(503)
    expect(JSON.parse((await asked(house.operationsPort, '/readyz')).body)).toMatchObject({
      store: { reachable: false },
    })
    expect(await health('/livez')).toBe(200)
    const { code, stdout } = await gateway.cli('status')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^store {10}redis, UNREACHABLE, /m)
    expect(stdout).toMatch(
      /^! the store does not respond: no new sessions: .*ECONNREFUSED.*\. To mend it: nothing listens/m,
    )

    await redis.start()
    await expect.poll(() => health('/readyz'), { timeout: 15_000 }).toBe(200)
    expect(await gateway.stop()).toBe(0)
  } finally {
    await redis.stop()
  }
})

test.each([1, 2])(
  'while it waits for its store a gateway of %i workers is alive and not ready',
  async (workers) => {
    const port = await freePort()
    const house = await createGatewayEnvironment(`redis://127.0.0.1:${port}`)
    await house.write({ gateway: { workers } })
    const opening = house.start()
    const health = async (path: string): Promise<number | undefined> =>
      (await asked(house.operationsPort, path).catch(() => undefined))?.status
    await expect.poll(() => health('/livez'), { timeout: 30_000 }).toBe(200)
    expect(await health('/readyz')).toBe(503)
    expect(await health('/metrics')).toBe(200)
    const redis = await startRedis({ port })
    try {
      const gateway = await opening
      await expect.poll(() => health('/readyz'), { timeout: 15_000 }).toBe(200)
      await redis.command('CONFIG', 'SET', 'maxmemory', '1')
      await expect.poll(() => health('/readyz'), { timeout: 15_000 }).toBe(503)
      await redis.command('CONFIG', 'SET', 'maxmemory', '0')
      await expect.poll(() => health('/readyz'), { timeout: 15_000 }).toBe(200)
      expect(await gateway.stop()).toBe(0)
    } finally {
      await redis.stop()
    }
  },
  90_000,
)

describe('over the admin socket', () => {
  let stage: TestEnvironment
  let node: NodeProcess
  let cli: (words: string) => Promise<Command>

  beforeAll(async () => {
    stage = await startTestEnvironment({ apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }] } } })
    node = await stage.startNode('a')
    cli = (words) => node.cli(...words.split(' '))
  })
  afterAll(() => stage?.stop())

  /** Expects exit code 1 and one line on standard error, which it returns. */
  async function refused(words: string): Promise<string> {
    const { code, stdout, stderr } = await cli(words)
    expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^[^\n]+\n$/)
    return stderr.trimEnd()
  }

  async function json<T>(words: string): Promise<T> {
    const { stdout, stderr } = await cli(`${words} --json`)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^[^\n]+\n$/)
    return JSON.parse(stdout) as T
  }

  test('sessions: list and end', async () => {
    expect(await cli('sessions list')).toEqual({ code: 0, stdout: 'no sessions\n', stderr: '' })
    const wiki = stage.origin('wiki')
    const erika = stage.person('erika')
    expect((await erika.signIn(wiki, node.port)).status).toBe(200)
    const [session] = await json<{ id: string; subject: { email: string } }[]>('sessions list')
    expect(session).toMatchObject({ subject: { provider: 'company', email: 'erika@example.com' } })
    const [head, row, ...more] = (await cli('sessions list')).stdout.trimEnd().split('\n')
    expect(head).toMatch(/^SESSION +WHO +PROVIDER +MFA +SINCE +ENDS BY +FROM +DEVICE$/)
    expect(row).toMatch(
      new RegExp(`^${session!.id} +erika@example\\.com +company +(yes|no) +\\d{4}-\\S+ +\\d{4}-\\S+ +127`),
    )
    expect(more).toEqual([])

    expect(await refused('sessions end nothing')).toBe(
      'einlass sessions: nothing: no such session; see "einlass sessions list"',
    )
    expect(await refused('sessions end --user nobody@example.com')).toContain('nobody@example.com: no such session')
    expect(await cli(`sessions end ${session!.id}`)).toEqual({ code: 0, stdout: `ended ${session!.id}\n`, stderr: '' })
    expect((await erika.ask(wiki, node.port)).status).toBe(401)
    expect(await refused(`sessions end ${session!.id}`)).toContain('no such session')

    await erika.signIn(wiki, node.port)
    expect(await json<{ ended: string[] }>('sessions end --user ERIKA@example.com')).toMatchObject({
      ended: [expect.any(String)],
    })
    expect(await json('sessions list')).toEqual([])
  })

  test('grants: give, list, revoke; errors name the invalid field', async () => {
    expect((await cli('grants list')).stdout).toBe('no grants\n')
    const given = await json<Grant>('grants add --who company|miro --app wiki --for 2h --reason maintenance')
    expect(given).toMatchObject({ who: 'company|miro', app: 'wiki', level: 'full', revokedAt: null })
    expect(given.until - given.from).toBe(2 * 3_600_000)
    // Numbers that are no time, or one beyond which formatting throws.
    const now = Date.now()
    for (const [from, until] of [
      [now, 9e15],
      [-9e15, now + 1000],
      [now, 1e300],
      [now, now + 0.5],
      ['now', now + 1000],
    ]) {
      const rejected = await node.admin('POST', '/grants', { who: 'company|miro', app: 'wiki', from, until })
      expect([until, rejected.status, JSON.stringify(rejected.value)]).toEqual([
        until,
        400,
        expect.stringContaining('Unix time in milliseconds'),
      ])
      const extended = await node.admin('POST', '/grants/extend', { id: given.id, until: Number(until) + 0.5 })
      expect([until, extended.status]).toEqual([until, 400])
    }
    const later = await cli(
      'grants add --who company|mailto:A@b.example --app wiki --level read --from 2999-01-01T08:00Z --until 2999-01-02T08:00Z',
    )
    expect(later.stdout).toMatch(/^added \w+: company\|mailto:a@b\.example to wiki \(read\), 2999-\S+ to 2999-\S+\n$/)
    const listed = (await cli('grants list')).stdout
    expect(listed).toMatch(/^GRANT +WHO +APP +LEVEL +FROM +UNTIL +STATE +GIVEN BY +REASON +CONTRACT$/m)
    expect(listed).toMatch(
      new RegExp(`^${given.id} +company\\|miro +wiki +full +\\S+ +\\S+ +valid +admin socket +maintenance +-$`, 'm'),
    )
    expect(listed).toMatch(
      / company\|mailto:a@b\.example +wiki +read +2999-\S+ +2999-\S+ +not yet +admin socket +- +-$/m,
    )

    const to = '--app wiki --for 1h'
    expect(await refused(`grants add --who miro ${to}`)).toContain(
      'who: write PROVIDER|SUBJECT or PROVIDER|mailto:ADDRESS',
    )
    expect(await refused(`grants add --who compny|miro ${to}`)).toContain(
      'there is no provider "compny" (did you mean "company"?)',
    )
    expect(await refused(`grants add --who company|mailto:miro ${to}`)).toContain(
      'who: expected an address after mailto:',
    )
    expect(await refused('grants add --who company|miro --app wikki --for 1h')).toContain(
      'there is no app "wikki" (did you mean "wiki"?)',
    )
    expect(await refused(`grants add --who company|miro ${to} --schedule nights`)).toContain(
      'there is no schedule "nights"',
    )
    expect(await refused('grants add --who company|miro --app wiki --from 2020-01-01 --until 2020-01-02')).toContain(
      'until: is in the past',
    )
    expect(await refused('grants revoke nothing')).toBe('einlass grants: no grant nothing; see "einlass grants list"')
    expect(await json<Grant[]>('grants list')).toHaveLength(2)

    expect(await json(`grants revoke ${given.id}`)).toEqual({ revoked: given.id })
    expect(await refused(`grants revoke ${given.id}`)).toBe(`einlass grants: ${given.id} is already revoked`)
    expect((await cli('grants list')).stdout).toMatch(
      new RegExp(`^${given.id} .* revoked \\d{4}-\\S+ +admin socket`, 'm'),
    )
  })

  test('status: text and JSON of a healthy gateway, with the socket from the configuration', async () => {
    const { code, stdout } = await cli('status')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^einlass \S+, process \d+, since \S+\nruns on {8}Node\.js 26\.\S+ .*\n +compared with the advisories known on \d{4}-\d\d-\d\d\nconfiguration {2}\S+a\.yaml, version [0-9a-f]{16}, since \S+\nstore {10}redis, reachable, changes read \d+ ms ago\naudit {10}file works \(\d+ written\), \d+ waiting\nsessions {7}\d+\ngrants {9}\d+\nrequests {7}\d+ open\nopen {11}\d+ requests, \d+ WebSockets\nupstream {7}wiki: http:\S+ (?:untried: nothing was sent to it yet|reachable since \S+)\nprovider {7}company: reachable, metadata read \d{4}-\S+, keys read \d{4}-\S+, no error since the last sign-in or refresh\n(?:note {11}\S.*\n)*$/,
    )
    const data = await json<{ pid: number; attention: string[] }>('status')
    expect(data).toMatchObject({
      pid: node.pid,
      attention: [],
      configuration: { refused: [] },
      store: { reachable: true },
    })
  })

  test('commands find the gateway while its configuration file is invalid', async () => {
    await stage.save('a', `gateway: { admin_socket: ${node.adminSocket}, url: nonsense }\n`)
    const { einlass } = await import('../../cli/run-command.ts')
    await expect
      .poll(async () => (await einlass(['status', '--config', node.configurationFile])).code, { timeout: 10_000 })
      .toBe(1)
    const { stdout } = await einlass(['status', '--config', node.configurationFile])
    expect(stdout).toMatch(/^! the changed configuration file was rejected: .*a\.yaml:1:\d+: /m)
    await stage.configure(() => undefined)
    await expect.poll(async () => (await cli('status')).code, { timeout: 10_000 }).toBe(0)
  })
})
