// Steps that scenarios of the provider tests share: sign in, ask an app, wait for a WebSocket to be cut.

import { setTimeout as pause } from 'node:timers/promises'
import { formsOf, type PageResponse } from '../../src/demo/tour/client.ts'
import type { Person } from '../support/user-client.ts'
import type { AppName, ProviderEnvironment } from './environment.ts'
import type { RunningProvider, UserName } from './provider-case.ts'
import { signIn, visibleText } from './sign-in.ts'

export interface ScenarioContext {
  readonly environment: ProviderEnvironment
  readonly provider: RunningProvider
}

/** Milliseconds to show, and words beside them. */
export interface Measured {
  readonly took: number
  readonly note: string
}

/** `status`: of the app's page at the end. */
export async function signedIn(context: ScenarioContext, user: UserName, app: AppName, status = 200): Promise<Person> {
  const { environment, provider } = context
  const browser = environment.browser(user)
  const page = await signIn(browser, provider, user, environment.origin(app), environment.port)
  const { origin, pathname } = page.url
  if (page.status !== status || origin !== environment.origin(app)) {
    throw new Error(`signing in ended with ${page.status} at ${origin}${pathname}: ${visibleText(page.body)}`)
  }
  return browser
}

export async function expectStatus(
  { environment }: ScenarioContext,
  browser: Person,
  app: AppName,
  status: number,
): Promise<void> {
  const answer = await browser.ask(`${environment.origin(app)}/`, environment.port)
  if (answer.status !== status) throw new Error(`${app} answered ${answer.status}: ${answer.body.slice(0, 300)}`)
}

/** Signs out at the gateway, as its page asks, and follows to the provider's end of session. Returns the last page. */
export async function signOut({ environment, provider }: ScenarioContext, browser: Person): Promise<PageResponse> {
  const url = new URL(`${environment.gateway}/sign-out`)
  const page = await browser.ask(url.href, environment.port, { page: true })
  const form = formsOf({ url, ...page, via: [] }).find(({ method }) => method.toLowerCase() === 'post')
  if (form === undefined) throw new Error(`/sign-out answered ${page.status} without a form`)
  const body = new URLSearchParams(form.fields).toString()
  const user = browser.username as UserName
  const asked = { page: true, method: 'POST', body }
  const here = await signIn(browser, provider, user, form.action.href, environment.port, asked)
  // Its page leads on to the provider.
  const next = [...here.body.matchAll(/\bhref="(https?:[^"]+)"/g)]
    .map(([, target]) => target!.replaceAll('&amp;', '&'))
    .find((target) => !new URL(target).hostname.endsWith('.localhost'))
  return next === undefined ? here : signIn(browser, provider, user, next, environment.port)
}

/** Milliseconds from the start of `act` until an open WebSocket was cut. Rejects when it is open `most` after its end. */
export async function cutWithin(
  context: ScenarioContext,
  browser: Person,
  act: () => Promise<void>,
  most: number,
): Promise<number> {
  const { environment } = context
  const socket = await browser.socket(`${environment.origin('wiki')}/live`, environment.port)
  const startedAt = Date.now()
  await act()
  const endedAt = await Promise.race([socket.ended, pause(most)])
  if (endedAt === undefined) throw new Error(`a WebSocket is still open after ${most} ms`)
  return endedAt - startedAt
}
