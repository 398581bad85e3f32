// Attack class policy, groups: names and shapes a person may choose open nothing, escape no deny, and tell applications nothing.

import { hash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { must, type AttackSuite } from '../case.ts'
import type { Environment } from '../environment.ts'

/** Signs in as a person with these groups; resolves with the status at the app, and what reached it. */
async function visit(
  ground: Environment,
  app: string,
  groups: unknown,
): Promise<{ readonly status: number; readonly values: (name: string) => readonly string[] }> {
  const before = { ...ground.provider.person }
  const person = ground.person()
  try {
    Object.assign(ground.provider.person, { sub: `grouped-${hash('sha256', JSON.stringify(groups))}`, groups })
    const reached = ground.upstream.requests.length
    const { status } = await person.signIn(`${ground.origin(app)}/groups`, ground.port)
    const values = ground.upstream.requests.slice(reached).at(-1)?.values
    return { status, values: values ?? (() => []) }
  } finally {
    person.close()
    for (const name of Object.keys(ground.provider.person)) delete ground.provider.person[name]
    Object.assign(ground.provider.person, before)
  }
}

export const groups: AttackSuite = {
  class: 'policy',
  checks: [
    {
      name: 'a group of another shape or spelling than the one a rule names',
      async run(ground) {
        const attempts: readonly unknown[] = [
          { admin: { '7': 'evil.test' } },
          { admin: true },
          [{ name: 'admin' }],
          [['admin']],
          'staff,admin',
          'admin staff',
          '["admin"]',
          ['/admin'],
          ['/guests/admin', 'guests/admin'],
          ['Admin', 'ADMIN', 'admin ', ' admin', 'admin\0', 'аdmin', 'admin\u200b', 'ad\u00admin', 'ａｄｍｉｎ'],
        ]
        for (const attempt of attempts) {
          const { status } = await visit(ground, 'bosses', attempt)
          must(status === 403, '403 for a rule on admin', [attempt, status])
        }
        const { status } = await visit(ground, 'bosses', ['admin'])
        must(status === 200, '200 for a member', status)
      },
    },
    {
      name: 'a group claim that cannot be read, to escape a deny',
      async run(ground) {
        const many = Array.from({ length: 10_001 }, (_, index) => `g${index}`)
        const attempts: readonly unknown[] = [
          {},
          { contractors: {} },
          [{ name: 'x' }],
          7,
          null,
          ['x', 7],
          [...many, 'contractors'],
        ]
        for (const attempt of attempts) {
          const { status } = await visit(ground, 'employees', attempt)
          must(status === 403, '403: it is unknown whether the deny applies', [String(attempt).slice(0, 40), status])
        }
        const { status } = await visit(ground, 'employees', ['x'])
        must(status === 200, '200 for groups that are known', status)
      },
    },
    {
      name: 'a curious application, which learns the groups of its users',
      async run(ground) {
        const { status, values } = await visit(ground, 'wiki', ['staff', 'works-council', 'on-sick-leave'])
        must(status === 200, 'the page', status)
        must(values('x-forwarded-groups').join() === 'staff', 'the group its rules name', values('x-forwarded-groups'))
        const stated = decodeJwt(values('x-einlass-jwt-assertion')[0]!).groups
        must(JSON.stringify(stated) === '["staff"]', 'the same in the assertion', stated)
      },
    },
  ],
}
