// `einlass check --online`: one line for each provider, what a sign-in will ask for, and what is wrong.

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { check } from '../../src/cli/check.ts'
import { certificateFolder, type TestCertificate } from '../support/certificates.ts'
import { startCompanyProvider, type CompanyProvider } from '../support/company-provider.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { folder, smallest } from '../config/config-fixtures.ts'
import { runInProcess } from './run-command.ts'

const certificates = certificateFolder()
let certificate: TestCertificate
let provider: CompanyProvider
const client = {
  client_id: 'einlass',
  client_secret: 'a secret of the check',
  redirect_uris: ['https://access.example.com/callback/default'],
}

beforeAll(async () => {
  certificate = certificates.make(['localhost', 'idp.corp.example'])
  provider = await startCompanyProvider({ certificate, clientCa: certificate.pem, clients: [client] })
})
afterAll(async () => {
  await provider.stop()
  certificates.remove()
})

async function online(more: string, env: Record<string, string> = {}, issuer = provider.issuer) {
  const text = smallest
    .replace('https://login.example.com', issuer)
    .replace('env:OIDC_CLIENT_SECRET', `env:OIDC_CLIENT_SECRET${more}`)
  const cwd = await folder({ 'einlass.yaml': text, 'company.pem': certificate.pem })
  const args = ['--config', 'einlass.yaml', '--online']
  return runInProcess(check, args, cwd, { OIDC_CLIENT_SECRET: client.client_secret, ...env })
}

test('a provider that works: its client is accepted, and the scopes are named', async () => {
  const { stdout } = await online(', ca: company.pem')
  expect(stdout).toContain(
    `✓ provider default (${provider.issuer}): answers; the client is accepted; client_auth: basic; asks for openid profile email offline_access groups\n`,
  )
})

test('a missing CA and a wrong secret are told apart, each with what mends it', async () => {
  const trust = await online('')
  expect(trust.stdout).toMatch(/✗ provider default .*certificate of the provider is not accepted .*under ca\n/)
  expect(trust.code).toBe(1)
  const secret = await online(', ca: company.pem', { OIDC_CLIENT_SECRET: 'another secret' })
  expect(secret.stdout).toMatch(/✗ provider default .*refuses this client \(invalid_client, client_auth: basic\)/)
  expect(secret.stdout).not.toContain('another secret')
  expect(secret.code).toBe(1)
})

test('the proxy of the environment is used, and named when it refuses', async () => {
  const proxy = await startConnectProxy()
  onTestFinished(() => proxy.stop())
  proxy.mode = 403
  const { code, stdout } = await online(', ca: company.pem', { HTTPS_PROXY: proxy.url }, 'https://idp.corp.example')
  expect(stdout).toMatch(
    /✗ provider default .*outbound proxy answered with status 403: check proxy, or HTTPS_PROXY and NO_PROXY\n/,
  )
  expect(code).toBe(1)
  expect(proxy.asked).toEqual(['idp.corp.example:443'])
})
