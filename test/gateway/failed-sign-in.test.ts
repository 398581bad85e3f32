// A sign-in that fails for a cause only an administrator can mend: the request id of the page leads to it in log, audit and status.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Status } from '../../src/server/management/status.ts'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'

let provider: ProviderUnderTest
let stage: GatewayInProcess

beforeAll(async () => {
  provider = await startProviderUnderTest()
  const { issuer, clientId } = provider
  stage = await startGatewayInProcess(
    { wiki: { policy: [{ allow: { groups: ['staff'] } }] } },
    { identity: { providers: { company: { issuer, client_id: clientId, client_secret: 'expired' } } } },
  )
})
afterAll(async () => {
  await stage?.stop()
  await provider?.stop()
})

async function status(): Promise<Status['providers'][number]> {
  const { value } = await stage.admin('GET', '/status')
  return (value as Status).providers[0]!
}

test('a wrong client secret', async () => {
  const page = await stage.person('ada').signIn(stage.origin('wiki'), stage.port)
  expect(page.status).toBe(502)
  expect(page.body).toContain('Sign-in is not set up correctly')
  expect(page.body).not.toMatch(/invalid_client|client_secret/)

  const line = stage.log().find(({ msg }) => msg === 'sign-in failed')!
  expect(line).toMatchObject({
    level: 'warn',
    provider: 'company',
    code: 'client_rejected',
    detail: 'invalid_client',
    mend: expect.stringContaining('`client_secret`'),
  })
  expect(page.body).toContain(`>${String(line['requestId']).slice(0, 8)}<`)
  const event = await stage.event(({ metadata }) => metadata.correlation_uid === line['requestId'])
  expect(event).toMatchObject({ status_detail: 'client_rejected', unmapped: { detail: 'invalid_client' } })
  expect(await status()).toMatchObject({
    name: 'company',
    reachable: true,
    failure: { code: 'client_rejected', count: 1, mend: line['mend'] },
  })
})

test('is over at the next sign-in that works', async () => {
  await stage.configure((configuration) => {
    const { issuer, clientId, clientSecret } = provider
    Object.assign(configuration, {
      identity: { providers: { company: { issuer, client_id: clientId, client_secret: clientSecret } } },
    })
  })
  expect((await stage.person('ada').signIn(stage.origin('wiki'), stage.port)).status).toBe(200)
  expect(await status()).toMatchObject({ reachable: true, failure: null })
})
