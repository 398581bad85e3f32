// Providers that cannot run here, simulated from their public documentation, with the configuration of their pages.

import { randomBytes } from 'node:crypto'
import { documentedPage, type Mapping } from '../documented-page.ts'
import type { ProviderCase, UserName } from '../provider-case.ts'
import { adfs } from './adfs.ts'
import { auth0 } from './auth0.ts'
import type { Behaviour } from './behaviour.ts'
import { cognito } from './cognito.ts'
import { entra } from './entra.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { oktaCustom, oktaOrg } from './okta.ts'
import { oneTimePassword, password, startSimulatedServer } from './server.ts'
import { zitadel } from './zitadel.ts'

const behaviours: readonly Behaviour[] = [entra, google, oktaOrg, oktaCustom, auth0, cognito, gitlab, adfs, zitadel]

export const simulated: readonly ProviderCase[] = behaviours.map((behaviour) => ({
  name: behaviour.name,
  missing: () => undefined,
  async start(_folder, { gateway }) {
    const { configuration } = documentedPage(behaviour.page, { issuer: behaviour.issuer })
    const identity = configuration['identity'] as Mapping
    const clientSecret = randomBytes(24).toString('base64url')
    const server = await startSimulatedServer(behaviour, {
      gateway,
      redirectUri: `${gateway}/callback/default`,
      id: String(identity['client_id']),
      secret: clientSecret,
    })
    return {
      version: 'simulated',
      configuration: { ...configuration, identity: { ...identity, issuer: server.issuer } },
      clientSecret,
      ...(behaviour.groups && { groups: behaviour.groups }),
      cannot: behaviour.cannot,
      fields: fieldsOf,
      admin: server.admin,
      stop: server.stop,
    }
  },
}))

export function fieldsOf({ body }: { readonly body: string }, user: UserName): Record<string, string> | undefined {
  if (body.includes('name="password"')) return { username: user, password }
  return body.includes('name="otp"') && user === 'anna' ? { otp: oneTimePassword } : undefined
}
