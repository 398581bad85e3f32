// Sets up a Keycloak realm step by step as docs/tutorials/keycloak.md says, and users to sign in with.

import type { KeycloakAdmin } from './keycloak-admin.ts'
import type { ClientSettings, UserName } from './provider-case.ts'

export const realm = 'staff'
export const clientSecret = 'a-secret-of-the-provider-tests-0123456789'
export const password = 'correct horse'
/** Key of the one-time passwords, as the bytes of this text. */
export const otpKey = 'twelve-twelve-twelve'

interface Execution {
  readonly id: string
  readonly displayName: string
  readonly providerId?: string
  requirement: string
}

/** Returns the ids of the users and groups by name. */
export async function setUpRealm(admin: KeycloakAdmin, { gateway }: ClientSettings): Promise<Map<string, string>> {
  // Step 4.1: ACR to LoA mapping.
  await admin.call('POST', '', {
    realm,
    enabled: true,
    sslRequired: 'none',
    // One user signs in several times within the 30 seconds of a code.
    otpPolicyCodeReusable: true,
    attributes: { 'acr.loa.map': JSON.stringify({ '1': 1, '2': 2 }) },
  })
  // Steps 1 and 3: the client with its groups mapper.
  await admin.call('POST', `/${realm}/clients`, {
    clientId: 'einlass',
    secret: clientSecret,
    protocol: 'openid-connect',
    publicClient: false,
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    redirectUris: [`${gateway}/callback/default`],
    attributes: {
      'post.logout.redirect.uris': `${gateway}/signed-out`,
      'backchannel.logout.url': `${gateway}/backchannel-logout/default`,
      'backchannel.logout.session.required': 'true',
    },
    protocolMappers: [
      {
        name: 'groups',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-group-membership-mapper',
        config: { 'claim.name': 'groups', 'full.path': 'false', 'id.token.claim': 'true' },
      },
    ],
  })
  await bindStepUpFlow(admin)
  return createUsers(admin)
}

/** Step 4.2. */
async function bindStepUpFlow(admin: KeycloakAdmin): Promise<void> {
  const flows = `/${realm}/authentication/flows`
  const top = 'browser-with-levels'
  await admin.call('POST', flows, { alias: top, providerId: 'basic-flow', topLevel: true, builtIn: false })
  const subFlow = (parent: string, alias: string): Promise<unknown> =>
    admin.call('POST', `${flows}/${parent}/executions/flow`, {
      alias,
      type: 'basic-flow',
      provider: 'registration-page-form',
    })
  const execution = (parent: string, provider: string): Promise<unknown> =>
    admin.call('POST', `${flows}/${parent}/executions/execution`, { provider })
  await execution(top, 'auth-cookie')
  await subFlow(top, 'levels')
  for (const [alias, form] of [
    ['level-1', 'auth-username-password-form'],
    ['level-2', 'auth-otp-form'],
  ] as const) {
    await subFlow('levels', alias)
    await execution(alias, 'conditional-level-of-authentication')
    await execution(alias, form)
  }
  const all = await admin.call<Execution[]>('GET', `${flows}/${top}/executions`)
  let level = 0
  for (const one of all) {
    const conditional = one.displayName === 'level-1' || one.displayName === 'level-2'
    const alternative = one.providerId === 'auth-cookie' || one.displayName === 'levels'
    one.requirement = conditional ? 'CONDITIONAL' : alternative ? 'ALTERNATIVE' : 'REQUIRED'
    await admin.call('PUT', `${flows}/${top}/executions`, one)
    if (one.providerId !== 'conditional-level-of-authentication') continue
    level++
    await admin.call('POST', `/${realm}/authentication/executions/${one.id}/config`, {
      alias: `level ${level}`,
      config: { 'loa-condition-level': String(level), 'loa-max-age': level === 1 ? '36000' : '0' },
    })
  }
  await admin.call('PUT', `/${realm}`, { browserFlow: top })
}

async function createUsers(admin: KeycloakAdmin): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const name of ['staff', 'hr']) {
    await admin.call('POST', `/${realm}/groups`, { name })
  }
  for (const { id, name } of await admin.call<{ id: string; name: string }[]>('GET', `/${realm}/groups`))
    ids.set(name, id)
  const groupsOf: Record<UserName, string[]> = { anna: ['staff', 'hr'], thomas: ['staff'] }
  for (const [username, groups] of Object.entries(groupsOf)) {
    await admin.call('POST', `/${realm}/users`, {
      username,
      email: `${username}@example.com`,
      emailVerified: true,
      firstName: username,
      lastName: 'Example',
      enabled: true,
      groups: groups.map((group) => `/${group}`),
      credentials: [
        { type: 'password', value: password, temporary: false },
        ...(username === 'anna'
          ? [
              {
                type: 'otp',
                secretData: JSON.stringify({ value: otpKey }),
                credentialData: JSON.stringify({
                  subType: 'totp',
                  digits: 6,
                  counter: 0,
                  period: 30,
                  algorithm: 'HmacSHA1',
                }),
              },
            ]
          : []),
      ],
    })
    const [found] = await admin.call<{ id: string }[]>('GET', `/${realm}/users?exact=true&username=${username}`)
    ids.set(username, found!.id)
  }
  return ids
}
