// Users in hundreds and thousands of groups: sign-in, each request, the size of what the application gets, and its refusal.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import type { Person } from '../support/user-client.ts'

/** Twenty-six letters each. */
const groups = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `department-of-things-${String(index).padStart(5, '0')}`)

/** Node's own limit for a head, 16 KB: an empty 431. */
let application: Server
let stage: GatewayInProcess
let person: Person

beforeAll(async () => {
  application = createServer((request, response) => response.end(JSON.stringify(request.headers)))
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  const to = `http://127.0.0.1:${(application.address() as AddressInfo).port}`
  const policy = [{ allow: { groups: ['staff', 'finance'] } }]
  stage = await startGatewayInProcess({
    wiki: { to, policy },
    wide: { to, title: 'Wide', owner: 'it@example.com', policy, headers: { groups: 'all' } },
    listed: { to, policy, headers: { groups: ['department-of-things-00007'] } },
    none: { to, policy, headers: { groups: 'none' } },
    denying: { to, policy: [...policy, { deny: { not: { groups: ['production'] } } }] },
  })
})
afterAll(async () => {
  await stage?.stop()
  application?.closeAllConnections()
  application?.close()
})

describe.each([500, 5000])('a user in %i groups', (count) => {
  beforeAll(() => {
    stage.provider.setGroups('erika', ['staff', ...groups(count), 'production'])
    person = stage.person('erika')
  })
  afterAll(() => person.close())

  test('signs in, and the application gets the groups that its rules name', async () => {
    const page = await person.signIn(`${stage.origin('wiki')}/`, stage.port)
    expect(page.status).toBe(200)
    const seen = JSON.parse(page.body) as Record<string, string>
    expect(seen['x-forwarded-groups']).toBe('staff')
    expect(decodeJwt(seen['x-einlass-jwt-assertion']!).groups).toEqual(['staff'])
  })

  test('is decided by every group, the last one as well', async () => {
    const page = await person.signIn(`${stage.origin('denying')}/`, stage.port)
    expect([page.status, JSON.parse(page.body)['x-forwarded-groups']]).toEqual([200, 'staff,production'])
  })

  test('at an application with a list of its own, or without groups, gets those and no others there', async () => {
    const listed = await person.signIn(`${stage.origin('listed')}/`, stage.port)
    expect(JSON.parse(listed.body)['x-forwarded-groups']).toBe('department-of-things-00007')
    const none = JSON.parse((await person.signIn(`${stage.origin('none')}/`, stage.port)).body)
    expect([none['x-forwarded-groups'], decodeJwt(none['x-einlass-jwt-assertion']).groups]).toEqual([undefined, []])
  })

  test('is told when an application cannot take all of them, a script as well, and the log says what to set', async () => {
    const refused = await person.signIn(`${stage.origin('wide')}/`, stage.port)
    expect([refused.status, refused.body]).toEqual([
      431,
      expect.stringMatching(/cannot take this request[\s\S]*more than Wide accepts[\s\S]*mailto:it@example\.com/),
    ])
    const german = { page: true, headers: { 'accept-language': 'de' } }
    const page = await person.ask(`${stage.origin('wide')}/`, stage.port, german)
    expect(page.body).toMatch(/Die Anwendung kann diese Anfrage nicht annehmen[\s\S]*mehr, als Wide annimmt/)
    const script = await person.ask(`${stage.origin('wide')}/api`, stage.port)
    expect([script.status, script.headers['content-type'], JSON.parse(script.body)]).toEqual([
      431,
      'application/problem+json',
      expect.objectContaining({ title: 'The application cannot take this request' }),
    ])
    expect(stage.log()).toContainEqual(
      expect.objectContaining({
        msg: 'the application refused the request: header fields too large',
        request: script.headers['x-request-id'],
        app: 'wide',
        groups: count + 2,
        groups_sent: 'all',
        mend: expect.stringContaining('set apps.wide.headers.groups to used'),
      }),
    )
    await expect(person.socket(`${stage.origin('wide')}/socket`, stage.port)).rejects.toMatchObject({ code: 431 })
  })
})
