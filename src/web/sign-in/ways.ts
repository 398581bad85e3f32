// Ways to sign in: the providers, and for guests a code by mail; which one an e-mail address belongs to (home realm discovery).

import { guestProvider } from '../../policy/subject.ts'
import { words } from '../guests/guest-messages.ts'
import type { WebDependencies } from '../kit/dependencies.ts'
import { language, type PageRequest } from '../kit/reply.ts'
import type { ProviderChoice } from './sign-in-page.ts'

/** Guests come last: everybody else has an account. */
export function waysToSignIn(deps: WebDependencies, request: PageRequest): ProviderChoice['providers'] {
  const choices = deps.signIn.providerChoices()
  return deps.guests.open() ? [...choices, { name: guestProvider, title: words[language(request)].way }] : choices
}

/** Whether an address tells the provider. */
export function isFoundByEmail(deps: WebDependencies): boolean {
  return [...deps.config().providers.values()].some((provider) => provider.domains.length > 0)
}

/** The provider that lists the domain of the address; for every other domain guests, if they may have any. */
export function providerOf(deps: WebDependencies, email: string): string | undefined {
  return deps.signIn.providerOf(email) ?? (deps.guests.open() && deps.guests.accepts(email) ? guestProvider : undefined)
}
