// `gateway.time_zone` in a running gateway: pages, commands and the register show times in it, and a reload changes it.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Command } from '../../src/cli/command.ts'
import { grants } from '../../src/cli/grants.ts'
import { status } from '../../src/cli/status.ts'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import { runInProcess } from '../cli/run-command.ts'

let house: GatewayInProcess
beforeAll(async () => {
  const zone = 'America/New_York'
  house = await startGatewayInProcess(
    { wiki: { policy: [{ allow: { grant: 'required' } }] } },
    {
      gateway: { time_zone: zone },
      grants: [
        { who: 'erika@example.com', app: 'wiki', level: 'full', until: '2099-01-02', time_zone: zone },
        { who: 'thomas@example.com', app: 'wiki', until: '2099-01-02T12:00:00Z' },
      ],
    },
  )
})
afterAll(() => house?.stop())

const run = async (command: Command, words: readonly string[]) => {
  const called = await runInProcess(command, words, '/', { EINLASS_ADMIN_SOCKET: house.adminSocket })
  expect(called.stderr).toBe('')
  return called.stdout
}
const portal = async (username: string): Promise<string> => {
  const person = house.person(username)
  const { body } = await person.signIn(`${house.origin('access')}/`, house.port)
  person.close()
  return body
}

test('commands show times in the zone of the gateway, an inclusive day as that day, and no beginning as none', async () => {
  const listed = await run(grants, ['list'])
  expect(listed).toMatch(/erika@example.com +wiki +full +always +2099-01-02 +valid/)
  expect(listed).toMatch(/thomas@example.com +wiki +read +always +2099-01-02T07:00:00-05:00 +valid/)
  expect(listed).not.toContain('1970')
  expect(await run(status, [])).toMatch(/since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[45]:00/)
})

test('commands read times without an offset in the zone of the gateway, wherever they run', async () => {
  const added = await run(grants, ['add', '--who', 'company|carla', '--app', 'wiki', '--until', '2099-03-01'])
  expect(added).toMatch(/ to 2099-03-01\n$/)
  expect(JSON.parse(await run(grants, ['list', '--json']))).toContainEqual(
    expect.objectContaining({
      who: 'company|carla',
      until: Date.parse('2099-03-02T00:00:00-05:00'),
      timeZone: 'America/New_York',
    }),
  )
})

test('pages show times in the zone of the gateway, to a person whose provider states one in theirs', async () => {
  expect(await portal('erika')).toContain('>2 January 2099</time>')
  expect(await portal('thomas')).toContain('>2 January 2099, 07:00 GMT-5</time>')
  house.provider.setTimeZone('thomas', 'Asia/Tokyo')
  expect(await portal('thomas')).toContain('>2 January 2099, 21:00 GMT+9</time>')
  house.provider.setTimeZone('thomas', 'Nowhere/<script>')
  expect(await portal('thomas')).toContain('>2 January 2099, 07:00 GMT-5</time>')
  house.provider.setTimeZone('thomas', undefined)
})

test('a reload changes it, on pages and for commands', async () => {
  await house.configure((configuration) => {
    ;(configuration['gateway'] as Record<string, unknown>)['time_zone'] = 'Asia/Tokyo'
  })
  expect(await portal('thomas')).toContain('>2 January 2099, 21:00 GMT+9</time>')
  // A grant that was written in a zone keeps its day, which is said to be of that zone.
  expect(await portal('erika')).toContain('>2 January 2099 (America/New_York)</time>')
  expect(await run(grants, ['list'])).toMatch(/2099-01-02T21:00:00\+09:00/)
})

test('a zone that does not exist is refused', async () => {
  const refused = house.configure((configuration) => {
    ;(configuration['gateway'] as Record<string, unknown>)['time_zone'] = 'Europe/Bielefeld'
  })
  await expect(refused).rejects.toThrow('gateway.time_zone: unknown time zone')
})
