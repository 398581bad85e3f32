// Scenarios of the provider tests, the columns of the table: what must work with every provider that can do it.

import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from '../support/user-client.ts'
import { revalidate, type ProviderEnvironment } from './environment.ts'
import type { RunningProvider, UserName } from './provider-case.ts'
import { signIn } from './sign-in.ts'

export interface ScenarioContext {
  readonly environment: ProviderEnvironment
  readonly provider: RunningProvider
}

export interface Scenario {
  readonly name: string
  /** Returns the milliseconds to show; undefined when the provider cannot do it. Rejects when it does not work. */
  run(context: ScenarioContext): Promise<number | undefined>
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
      await signedIn(context, 'thomas', 'finance', 403)
      await signedIn(context, 'anna', 'finance')
      return 0
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
      // He has no second factor. The session he had goes on, also after the next revalidation.
      const { environment, provider } = context
      const thomas = await signedIn(context, 'thomas', 'wiki')
      await signIn(thomas, provider, 'thomas', environment.origin('payroll'), environment.port)
      await pause(revalidate + 1_000)
      await expectStatus(context, thomas, 'wiki', 200)
      return 0
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
    name: 'key rotation',
    async run(context) {
      const { rotateKey } = context.provider.admin
      if (rotateKey === undefined) return undefined
      const thomas = await signedIn(context, 'thomas', 'wiki')
      const { socket } = await openSocket(context, thomas)
      await rotateKey()
      const startedAt = Date.now()
      await signedIn(context, 'anna', 'wiki')
      const took = Date.now() - startedAt
      for (const until = startedAt + 3 * revalidate; Date.now() < until; await pause(100)) {
        await expectStatus(context, thomas, 'wiki', 200)
      }
      await socket.echo('still open')
      return took
    },
  },
  {
    name: 'revocation',
    async run(context) {
      const { environment, provider } = context
      const { sessions } = provider.admin
      if (sessions === undefined) return undefined
      const before = await sessions('anna')
      const anna = await signedIn(context, 'anna', 'wiki')
      if ((await sessions('anna')) <= before) throw new Error('the provider shows no session')
      const startedAt = Date.now()
      await signIn(anna, provider, 'anna', `${environment.gateway}/sign-out`, environment.port)
      for (const until = Date.now() + slack; Date.now() < until; await pause(50)) {
        if ((await sessions('anna')) <= before) return Date.now() - startedAt
      }
      throw new Error(`${(await sessions('anna')) - before} sessions are left at the provider`)
    },
  },
]

/** `status`: of the app's page at the end. */
async function signedIn(
  context: ScenarioContext,
  user: UserName,
  app: 'wiki' | 'payroll' | 'finance',
  status = 200,
): Promise<Person> {
  const { environment, provider } = context
  const browser = environment.browser(user)
  const page = await signIn(browser, provider, user, environment.origin(app), environment.port)
  const { origin, pathname } = page.url
  if (page.status !== status || origin !== environment.origin(app)) {
    throw new Error(`signing in ended with ${page.status} at ${origin}${pathname}`)
  }
  return browser
}

async function expectStatus(
  { environment }: ScenarioContext,
  browser: Person,
  app: 'wiki',
  status: number,
): Promise<void> {
  const answer = await browser.ask(`${environment.origin(app)}/`, environment.port)
  if (answer.status !== status) throw new Error(`${app} answered ${answer.status}: ${answer.body.slice(0, 300)}`)
}

async function openSocket({ environment }: ScenarioContext, browser: Person) {
  const socket = await browser.socket(`${environment.origin('wiki')}/live`, environment.port)
  return { socket }
}

/** Milliseconds from `act` until an open WebSocket was cut. Rejects when it is open after `most`. */
async function cutWithin(
  context: ScenarioContext,
  browser: Person,
  act: () => Promise<void>,
  most: number,
): Promise<number> {
  const { socket } = await openSocket(context, browser)
  await act()
  const startedAt = Date.now()
  const endedAt = await Promise.race([socket.ended, pause(most)])
  if (endedAt === undefined) throw new Error(`a WebSocket is still open after ${most} ms`)
  return Math.max(0, endedAt - startedAt)
}
