// Attack class step-up: factors, ACR values, ages, groups and addresses that a provider merely claims.

import type { Deviation, Json } from '../../support/provider-under-test.ts'
import { must, type AttackSuite, type Check } from '../case.ts'
import type { Environment } from '../environment.ts'

const seconds = (): number => Math.floor(Date.now() / 1000)

/** Signs in a new user with these claims; returns the final response of the app. */
async function statusWith(ground: Environment, app: string, claims: Json, more: Deviation = {}): Promise<number> {
  const person = ground.person()
  try {
    const change = (right: Json): Json => ({ ...right, sub: 'claimant', ...claims })
    ground.provider.deviation = { claims: change, userInfo: change, ...more }
    return (await person.signIn(`${ground.origin(app)}/`, ground.port)).status
  } finally {
    ground.provider.deviation = {}
    person.close()
  }
}

function proves(name: string, app: string, enough: readonly Json[], short: readonly Json[]): Check {
  return {
    name,
    async run(ground) {
      for (const claims of enough) {
        const status = await statusWith(ground, app, claims)
        must(status === 200, `200 with ${JSON.stringify(claims)}`, status)
      }
      for (const claims of short) {
        const status = await statusWith(ground, app, claims)
        must(status >= 400 && status < 500, `a refusal with ${JSON.stringify(claims)}`, status)
      }
    },
  }
}

const amrs = [undefined, [], 'mfa', ['pwd'], ['MFA'], [['mfa']], { mfa: true }, 'pwd mfa', ['mfa ']]
const acrs = [undefined, '0', 'urn:TWO', 'urn:two ', 'urn:two urn:two', ['urn:two'], 2, 'urn:three']
const groups = [
  'admin',
  'admin,staff',
  { admin: true },
  [['admin']],
  null,
  7,
  ['Admin'],
  ['admin '],
  [' admin'],
  ['staff,admin'],
]

export const claims: AttackSuite = {
  class: 'oidc',
  checks: [
    proves(
      'factors said in any but the agreed way',
      'vault',
      [{ amr: ['mfa', 'pwd'], acr: undefined }],
      amrs.map((amr) => ({ amr, acr: undefined })),
    ),
    proves(
      'a class said in any but the agreed way',
      'vault',
      [{ acr: 'urn:two', amr: undefined }],
      acrs.map((acr) => ({ acr, amr: undefined })),
    ),
    proves('no auth_time claim', 'vault', [], [{ acr: 'urn:two', auth_time: undefined }]),
    proves('a stronger sign-in that is old', 'vault', [], [{ acr: 'urn:two', auth_time: seconds() - 7200 }]),
    proves(
      'groups of any shape but a list of names',
      'bosses',
      [{ groups: ['admin'] }],
      groups.filter((one) => one !== 'admin').map((one) => ({ groups: one })),
    ),
    proves(
      'a claim left out, to escape the deny rule that looks at it',
      'inside',
      [{ contractor: 'false' }, { contractor: [] }],
      [{ contractor: 'true' }, {}, { contractor: null }, { contractor: '' }, { contractor: ['x'.repeat(2000)] }],
    ),
    proves(
      'a claim left out, to be none of those excluded',
      'nosales',
      [{ dept: 'it' }],
      [{ dept: 'sales' }, {}, { dept: null }, { dept: [{}] }, { dept: ['it', 'x'.repeat(2000)] }],
    ),
    proves(
      'an address that is nearly the one that may',
      'mail',
      [{ email: 'admin@corp.test' }, { email: 'ADMIN@CORP.TEST' }],
      [
        { email: 'admin@corp.test', email_verified: false },
        { email: 'admin@corp.test', email_verified: undefined },
        { email: 'admin@corp.test', email_verified: 1 },
        { email: 'attacker@evil.test@corp.test' },
        { email: 'admin@corp\uff0etest' },
        { email: '\uff41dmin@corp.test' },
        { email: 'admin@corp.test ' },
        { email: ' admin@corp.test' },
        { email: 'admin@corp.test\0' },
        { email: '"admin"@corp.test' },
        { email: 'admin@corp.test, x@evil.test' },
        { email: ['admin@corp.test'] },
        { email: 'admin@\u212aorp.test' },
        { email: undefined, preferred_username: 'admin@corp.test', name: 'admin@corp.test' },
      ],
    ),
    proves(
      'an address that is nearly of the domain that may',
      'colleagues',
      [{ email: 'anyone@corp.test' }, { email: 'Anyone@CORP.TEST' }],
      [
        { email: 'anyone@corp.test', email_verified: false },
        { email: 'anyone@corp.test', email_verified: undefined },
        { email: 'anyone@corp.test', email_verified: 1 },
        { email: 'attacker@evil.test@corp.test' },
        { email: 'attacker@corp.test@evil.test' },
        { email: 'corp.test@evil.test' },
        { email: 'attacker@mail.corp.test' },
        { email: 'attacker@evilcorp.test' },
        { email: 'attacker@corp.test.evil.test' },
        { email: 'attacker@corp\uff0etest' },
        { email: 'attacker@c\u043erp.test' },
        { email: 'attacker@xn--crp-emc.test' },
        { email: 'attacker@\u212aorp.test' },
        { email: 'attacker@corp.test.' },
        { email: 'attacker@corp.test ' },
        { email: 'attacker@corp.test\0' },
        { email: '@corp.test' },
        { email: 'attacker@evil.test, x@corp.test' },
        { email: ['anyone@corp.test'] },
        { email: undefined, preferred_username: 'anyone@corp.test', name: 'anyone@corp.test' },
      ],
    ),
    {
      name: 'UserInfo of another subject',
      async run(ground) {
        ground.provider.userInfoOnly = ['groups']
        try {
          for (const change of [{ sub: 'other' }, { sub: undefined }]) {
            const status = await statusWith(ground, 'erp', {}, { userInfo: (right) => ({ ...right, ...change }) })
            must(status >= 400, 'no session', status)
          }
        } finally {
          ground.provider.userInfoOnly = []
        }
      },
    },
    {
      name: 'twenty thousand groups',
      async run(ground) {
        const many = Array.from({ length: 15_000 }, (_, index) => `g${index}`)
        const status = await statusWith(ground, 'bosses', { groups: [...many, 'admin'] })
        must(status >= 400, 'what is beyond the bound not to count', status)
        must(ground.node.rss() < 500 * 1024 * 1024, 'bounded memory', ground.node.rss())
      },
    },
  ],
}
