// Open connections of a gateway in this process: each change that takes access away ends them, and nothing else does.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import type { Person, Watched } from '../support/user-client.ts'

const minute = 60_000
const hour = 60 * minute
const staff = { groups: ['staff'] }
let stage: GatewayInProcess
let ada: Person

beforeAll(async () => {
  stage = await startGatewayInProcess(
    {
      wiki: { public: [{ paths: ['/events'] }], policy: [{ name: 'staff', allow: staff }] },
      grants: { policy: [{ name: 'grant', allow: { grant: 'required' } }] },
      short: { policy: [{ allow: staff }], session: { idle: '10m' } },
      brief: { policy: [{ allow: staff }], session: { lifetime: '20m' } },
      gone: { policy: [{ allow: staff }] },
    },
    { session: { idle: '1h', lifetime: '10h', revalidate: '30m' } },
  )
})
afterAll(() => stage?.stop())

beforeEach(async () => {
  ada = await signedIn('ada', 'wiki')
})
afterEach(() => {
  ada.close()
  stage.clock.ahead = 0
})

/** A new session of the user. */
async function signedIn(username: string, app: string): Promise<Person> {
  const person = stage.person(username)
  expect((await person.signIn(`${stage.origin(app)}/`, stage.port)).status).toBe(200)
  return person
}

const download = (person: Person, app: string): Promise<Watched> =>
  person.stream(`${stage.origin(app)}/download?bytes=Infinity`, stage.port)

/** An endless download in a new session. */
const opened = async (app: string): Promise<Watched> => download(await signedIn('erika', app), app)

/** Rejects when the stream is open after 3 s. */
const ends = (open: Watched): Promise<number> =>
  Promise.race([
    open.ended,
    pause(3_000).then(() => {
      throw new Error('the connection is still open')
    }),
  ])

/** Still receives bytes after a while in which every check has run. */
async function lives(open: Watched): Promise<void> {
  await pause(300)
  const before = open.heard()
  await pause(100)
  expect(open.endedAt()).toBeUndefined()
  expect(open.heard()).toBeGreaterThan(before)
}

const cutBy = (reason: string) =>
  stage.event((line) => line.status_detail === reason && line.disposition === 'Access Revoked')

/** A grant for Erika that ends in `duration` milliseconds by the gateway's clock. */
async function grantErika(duration: number): Promise<string> {
  const until = Date.now() + stage.clock.ahead + duration
  const given = await stage.admin('POST', '/grants', { who: 'company|erika', app: 'grants', until })
  expect(given.status).toBe(200)
  return (given.value as { id: string }).id
}

describe('an open connection ends', () => {
  test('when its session is ended, and that of another user does not', async () => {
    const erika = await signedIn('erika', 'wiki')
    const open = [await download(erika, 'wiki'), await erika.socket(`${stage.origin('wiki')}/live`, stage.port)]
    const other = await download(ada, 'wiki')
    await stage.admin('POST', '/sessions/end', { user: 'erika@example.com' })
    await Promise.all(open.map(ends))
    await lives(other)
    expect(await cutBy('session_revoked')).toMatchObject({ severity_id: 2 })
    expect(await stage.gateway.management.metrics.text()).toContain('einlass_cuts_total{app="wiki"} 2\n')
    expect(stage.log()).toContainEqual(
      expect.objectContaining({ msg: 'ended an open connection', app: 'wiki', reason: 'session_revoked' }),
    )
  })

  test('when its grant is revoked, and one without grant does not', async () => {
    const id = await grantErika(hour)
    const open = await opened('grants')
    const other = await download(ada, 'wiki')
    await lives(open)
    expect((await stage.admin('POST', '/grants/revoke', { id })).status).toBe(200)
    await ends(open)
    await lives(other)
  })

  test('at the end of its grant, by time alone', async () => {
    await grantErika(5 * minute)
    const open = await opened('grants')
    stage.clock.ahead += 5 * minute
    await ends(open)
    await cutBy('grant_expired')
  })

  test('when a reload takes access away, and only where it does', async () => {
    const open = await opened('wiki')
    const other = await download(ada, 'wiki')
    const wiki = await replaceApp('wiki', { policy: [{ name: 'admins', allow: { groups: ['it-admins'] } }] })
    await ends(open)
    await lives(other)
    await cutBy('not_in_group')
    await replaceApp('wiki', wiki)
  })

  test('when a reload removes its app', async () => {
    const open = await opened('gone')
    const other = await download(ada, 'wiki')
    await stage.configure(({ apps }) => void delete apps.gone)
    await ends(open)
    await lives(other)
    await cutBy('app_disabled')
  })

  test('when its path is public no more', async () => {
    const open = await stage.person('nobody').stream(`${stage.origin('wiki')}/events`, stage.port)
    await lives(open)
    const wiki = await replaceApp('wiki', { public: [] })
    await ends(open)
    await cutBy('no_session')
    await replaceApp('wiki', wiki)
  })

  test('when its user was inactive for longer than the app allows, not earlier', async () => {
    const open = await opened('short')
    stage.clock.ahead += 9 * minute
    await lives(open)
    stage.clock.ahead += minute + 1000
    await ends(open)
    await cutBy('session_idle')
  })

  test('when the app asks for a newer sign-in', async () => {
    const open = await opened('brief')
    stage.clock.ahead += 19 * minute
    await lives(open)
    stage.clock.ahead += minute + 1000
    await ends(open)
    await cutBy('session_expired')
  })

  test('when the provider no longer confirms the user', async () => {
    const open = await opened('wiki')
    stage.provider.disable('erika')
    stage.clock.ahead += 31 * minute
    await ends(open)
    stage.provider.enable('erika')
  })

  test('when the provider cannot be asked and there is no grace', async () => {
    const open = await opened('wiki')
    await stage.providerWire.cut()
    stage.clock.ahead += 31 * minute
    await ends(open)
    await cutBy('provider_unreachable')
    await stage.providerWire.mend()
  })
})

describe('an open connection stays', () => {
  test('beyond its lease, while its user keeps access', async () => {
    const open = await download(ada, 'wiki')
    for (let turn = 0; turn < 2; turn++) {
      stage.clock.ahead += 2 * minute
      await lives(open)
    }
  })

  test('on a public path, beyond its lease and after a reload', async () => {
    const open = await stage.person('nobody').stream(`${stage.origin('wiki')}/events`, stage.port)
    stage.clock.ahead += 10 * minute
    await lives(open)
    await stage.configure((configuration) => {
      configuration.session = { idle: '2h', lifetime: '10h', revalidate: '30m' }
    })
    await lives(open)
  })
})

/** Changes settings of an app; returns those it had. */
async function replaceApp(name: string, changed: Record<string, unknown>): Promise<Record<string, unknown>> {
  let before: Record<string, unknown> = {}
  await stage.configure(({ apps }) => {
    before = apps[name]!
    apps[name] = { ...before, ...changed }
  })
  return before
}
