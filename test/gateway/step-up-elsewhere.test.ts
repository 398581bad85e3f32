// A step-up at one application, seen from another one that is at work in the same browser: nothing stops, and nothing is gained.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import type { Answer, Person } from '../support/user-client.ts'

let stage: GatewayInProcess
let thomas: Person

beforeAll(async () => {
  const apps = {
    wiki: { policy: [{ allow: { paths: ['/open/*', '/events', '/live'] } }, { name: 'strong', allow: { mfa: true } }] },
    vault: { policy: [{ allow: { mfa: true } }] },
  }
  stage = await startGatewayInProcess(apps, { session: { revalidate: '30s', grace: '0s' } })
  thomas = stage.person('thomas')
  expect((await thomas.signIn(`${stage.origin('wiki')}/open/a`, stage.port)).status).toBe(200)
})
afterAll(() => stage?.stop())

const ask = (path: string, page = false): Promise<Answer> =>
  thomas.ask(`${stage.origin('wiki')}${path}`, stage.port, { page })

test('scripts, streams and WebSockets go on, at the strength they had, also while the session is revalidated', async () => {
  const stream = await thomas.stream(`${stage.origin('wiki')}/events`, stage.port)
  const socket = await thomas.socket(`${stage.origin('wiki')}/live`, stage.port)
  expect((await ask('/secret')).status).toBe(401)
  expect((await thomas.signIn(`${stage.origin('vault')}/`, stage.port)).status).toBe(200)

  expect((await ask('/open/b')).status).toBe(200)
  await socket.echo('still here')
  expect(stream.endedAt()).toBeUndefined()
  const refused = await ask('/secret')
  expect([refused.status, JSON.parse(refused.body).reasons[0].code]).toEqual([401, 'mfa_required'])

  // Beyond revalidation and grace: the request waits for the provider, and gets the session of its own sign-in.
  stage.clock.ahead += 60_000
  const waited = await ask('/secret')
  expect([waited.status, JSON.parse(waited.body).reasons[0].code]).toEqual([401, 'mfa_required'])
  expect((await ask('/open/c')).status).toBe(200)
})

test('a page that needs the new strength is handed it, without the provider', async () => {
  const before = stage.provider.tokenRequests()
  let answer = await ask('/secret', true)
  const passed: string[] = []
  for (let url = `${stage.origin('wiki')}/secret`; answer.headers.location !== undefined;) {
    url = new URL(answer.headers.location, url).href
    passed.push(new URL(url).pathname)
    answer = await thomas.ask(url, stage.port, { page: true })
  }
  expect([answer.status, passed]).toEqual([200, ['/sign-in', '/.einlass/arrive', '/secret']])
  expect((await ask('/secret')).status).toBe(200)
  expect(stage.provider.tokenRequests()).toBe(before)
})

test('an application is told what the sign-in of the cookie proved, also beside a stronger one in the same session', async () => {
  const [person, url] = [stage.person('thomas'), new URL(`${stage.origin('wiki')}/`)]
  await person.signIn(`${url.origin}/open/weak`, stage.port)
  const cookie = person.jar.header(url)!
  const told = async (path: string, by: Person, fields: Record<string, string> = {}): Promise<unknown> => {
    expect((await by.ask(url.origin + path, stage.port, { headers: fields })).status).toBe(200)
    const { headers } = stage.app.reached.findLast((request) => request.url === path)!
    const name = headers.findIndex((one) => one.toLowerCase() === 'x-einlass-jwt-assertion')
    return decodeJwt(headers[name + 1]!).amr
  }
  const weaker = await told('/open/before', stage.person('thomas'), { cookie })
  expect((await person.signIn(`${url.origin}/secret`, stage.port)).status).toBe(200)
  expect(await told('/open/stronger', person)).not.toEqual(weaker)
  expect(await told('/open/after', stage.person('thomas'), { cookie })).toEqual(weaker)
})
