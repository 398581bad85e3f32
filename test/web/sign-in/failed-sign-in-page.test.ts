// Page of a failed sign-in: an emergency code is offered where no user can sign in at the provider, and only if there are codes.

import { expect, test } from 'vitest'
import { signInFailedPage } from '../../../src/web/sign-in/sign-in-page.ts'
import { failureCodes, pageRequest } from '../page-fixtures.ts'

const offering = (sealed: boolean) =>
  failureCodes.filter((code) =>
    String(signInFailedPage(pageRequest(), { code, again: '/sign-in', signedIn: false, sealed }).body).includes(
      'href="/emergency"',
    ),
  )

test('offers an emergency code where every sign-in at the provider fails, not where one user can try again', () => {
  expect(offering(true).toSorted()).toEqual([
    'client_rejected',
    'clock_skew',
    'provider_unreachable',
    'scope_refused',
    'signing_key_unknown',
  ])
})

test('offers none where no application accepts codes', () => {
  expect(offering(false)).toEqual([])
})
