// The demo provider as the gateway's provider `company`: its client there, its secrets on disk, its part of a configuration.

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoClient } from '../../src/demo/provider/provider.ts'

/** `acr` of the demo provider after a second factor. */
const secondFactor = 'urn:einlass:demo:2'

/** The gateway with this public origin, as a client with a secret of its own. */
export function gatewayClient(gateway: string): DemoClient {
  return {
    clientId: 'einlass',
    clientSecret: randomBytes(24).toString('base64url'),
    redirectUris: [`${gateway}/callback/company`],
    postLogoutRedirectUris: [`${gateway}/signed-out`],
  }
}

/** Writes `client.secret` and `secret.key`. */
export async function writeSecrets(folder: string, { clientSecret }: DemoClient): Promise<void> {
  await writeFile(join(folder, 'client.secret'), clientSecret, { mode: 0o600 })
  await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'), { mode: 0o600 })
}

/** `identity` of the configuration beside these secrets. */
export function companyIdentity(issuer: string, stepUp: object = { acr_values: [secondFactor], essential: true }) {
  return {
    providers: {
      company: {
        issuer,
        client_id: 'einlass',
        client_secret: 'file:client.secret',
        scopes: ['openid', 'profile', 'email', 'groups'],
        mfa: { acr_any: [secondFactor] },
        step_up: stepUp,
      },
    },
  }
}
