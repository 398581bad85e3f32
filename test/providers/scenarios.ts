// Scenarios of the provider tests, the columns of the table: what must work with every provider that can do it.

import { setTimeout as pause } from 'node:timers/promises'
import { revalidate } from './environment.ts'
import type { ScenarioName } from './scenario-names.ts'
import { cutWithin, expectStatus, signedIn, signOut, type Measured, type ScenarioContext } from './scenario-steps.ts'
import { rotateKeyAtWork, twoNodes } from './scenarios-at-work.ts'
import { signIn, visibleText } from './sign-in.ts'

export interface Scenario {
  readonly name: ScenarioName
  /**
   * Returns the milliseconds to show; undefined when the provider offers no way to try it. Rejects when it does not
   * work.
   */
  run(context: ScenarioContext): Promise<number | Measured | undefined>
}

/** Milliseconds beyond an interval in which the gateway must have acted, on a busy machine. */
const slack = 3_000

export const scenarios: readonly Scenario[] = [
  {
    name: 'sign-in',
    async run(context) {
      const startedAt = Date.now()
      await signedIn(context, 'thomas', 'wiki')
      return Date.now() - startedAt
    },
  },
  {
    name: 'groups',
    async run(context) {
      const startedAt = Date.now()
      await signedIn(context, 'thomas', 'finance', 403)
      await signedIn(context, 'anna', 'finance')
      return Date.now() - startedAt
    },
  },
  {
    name: 'refresh',
    async run(context) {
      const { admin } = context.provider
      const thomas = await signedIn(context, 'thomas', 'wiki')
      const before = (await admin.lastRefresh?.('thomas')) ?? 0
      const startedAt = Date.now()
      for (const until = startedAt + 3 * revalidate; Date.now() < until; await pause(100)) {
        await expectStatus(context, thomas, 'wiki', 200)
        if (admin.lastRefresh !== undefined && (await admin.lastRefresh('thomas')) > before)
          return Date.now() - startedAt
      }
      if (admin.lastRefresh !== undefined) throw new Error('the provider saw no refresh')
      return undefined
    },
  },
  {
    name: 'MFA',
    async run(context) {
      const startedAt = Date.now()
      await signedIn(context, 'anna', 'payroll')
      return Date.now() - startedAt
    },
  },
  {
    name: 'step-up',
    async run(context) {
      const { environment, provider } = context
      const anna = await signedIn(context, 'anna', 'wiki')
      const startedAt = Date.now()
      const page = await signIn(anna, provider, 'anna', environment.origin('payroll'), environment.port)
      if (page.status !== 200) throw new Error(`payroll answered ${page.status}`)
      if (page.forms !== 1) throw new Error(`${page.forms} pages of the provider, not only the second factor's`)
      await expectStatus(context, anna, 'wiki', 200)
      return Date.now() - startedAt
    },
  },
  {
    name: 'step-up failed',
    async run(context) {
      // She has no second factor. The session she had goes on, also after the next revalidation.
      const { environment, provider } = context
      const kim = await signedIn(context, 'kim', 'wiki')
      const startedAt = Date.now()
      const page = await signIn(kim, provider, 'kim', environment.origin('payroll'), environment.port)
      const took = Date.now() - startedAt
      if (page.status === 200 && page.url.origin === environment.origin('payroll')) throw new Error('payroll opened')
      const askedProvider = page.via.some((url) => !new URL(url).hostname.endsWith('.localhost'))
      // Where nothing asks for a second factor, the gateway says so at once.
      if (!askedProvider && provider.cannot['step-up'] === undefined)
        throw new Error(`no step-up was requested: ${visibleText(page.body)}`)
      await pause(revalidate + 1_000)
      await expectStatus(context, kim, 'wiki', 200)
      return took
    },
  },
  {
    name: 'back-channel logout',
    async run(context) {
      const { endSessions } = context.provider.admin
      if (endSessions === undefined) return undefined
      const thomas = await signedIn(context, 'thomas', 'wiki')
      return cutWithin(context, thomas, () => endSessions('thomas'), 1_000)
    },
  },
  {
    name: 'disabled',
    async run(context) {
      const { disable, enable } = context.provider.admin
      if (disable === undefined || enable === undefined) return undefined
      const thomas = await signedIn(context, 'thomas', 'wiki')
      try {
        return await cutWithin(context, thomas, () => disable('thomas'), revalidate + slack)
      } finally {
        await enable('thomas')
      }
    },
  },
  {
    name: 'group removed',
    async run(context) {
      const { removeFromGroup, addToGroup } = context.provider.admin
      if (removeFromGroup === undefined || addToGroup === undefined) return undefined
      const thomas = await signedIn(context, 'thomas', 'wiki')
      try {
        return await cutWithin(context, thomas, () => removeFromGroup('thomas', 'staff'), revalidate + slack)
      } finally {
        await addToGroup('thomas', 'staff')
      }
    },
  },
  {
    name: 'revocation',
    async run(context) {
      const { sessions } = context.provider.admin
      if (sessions === undefined) return undefined
      // Her only browser: the grant of an account may go on while another session uses it.
      const live = async () => Object.values(await sessions('mia')).reduce((sum, one) => sum + one, 0)
      if ((await live()) > 0) throw new Error('she has signed in before')
      const mia = await signedIn(context, 'mia', 'wiki')
      if ((await live()) === 0) throw new Error('the provider shows no session')
      const startedAt = Date.now()
      const page = await signOut(context, mia)
      for (const until = startedAt + slack; Date.now() < until && (await live()) > 0;) await pause(50)
      const took = Date.now() - startedAt
      const left = Object.entries(await sessions('mia'))
        .map(([kind, number]) => `${number} ${kind}`)
        .join(', ')
      if ((await live()) === 0) return { took, note: `${left} left at the provider` }
      throw new Error(`${left} left at the provider; the last page was ${page.url.href}: ${visibleText(page.body)}`)
    },
  },
  { name: 'key rotation', run: rotateKeyAtWork },
  { name: 'two nodes', run: twoNodes },
]
