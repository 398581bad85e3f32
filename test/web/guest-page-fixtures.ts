// Fixtures of the pages of guests: address, code, passkeys.

import type { Passkey } from '../../src/identity/guests/passkeys.ts'
import type { Session } from '../../src/identity/session/session.ts'
import { addressPage, codePage } from '../../src/web/guests/guest-pages.ts'
import { confirmPage, noPasskeyPage, passkeysPage } from '../../src/web/guests/passkey-page.ts'
import { redirectPage } from '../../src/web/sign-in/redirect-page.ts'
import type { PageRequest, Reply } from '../../src/web/kit/reply.ts'

const email = 'kim.donaudampfschifffahrtsgesellschaft@supplier.example'
const attempt = { attempt: 'a1b2c3', email, journey: 'abc' }
const address = { journey: 'abc', email: '', stepUp: false, malformed: false }

export function guestGallery(request: PageRequest): readonly (readonly [string, Reply])[] {
  return [
    ['guest-address', addressPage(request, address)],
    ['guest-address-malformed', addressPage(request, { ...address, email: '"><script>@x', malformed: true })],
    ['guest-address-step-up', addressPage(request, { ...address, email, stepUp: true })],
    ['guest-code', codePage(request, { ...attempt, mistake: undefined })],
    ['guest-code-wrong', codePage(request, { ...attempt, mistake: { state: 'wrong', left: 1 } })],
    ['guest-code-spent', codePage(request, { ...attempt, mistake: { state: 'spent' } })],
    ['guest-code-no-access', codePage(request, { ...attempt, journey: undefined, mistake: { state: 'no_access' } })],
    ['guest-no-passkey', noPasskeyPage(request, '/account/passkeys?journey=abc', true)],
    ['guest-passkey-impossible', noPasskeyPage(request, '/account/passkeys', false)],
    ['onward-signed-in', redirectPage(request, { location: 'https://erp.example.com/', reason: 'signed_in' })],
  ]
}

/** With their script. */
export function passkeyGallery(
  request: PageRequest,
  { session, now }: { readonly session: Session; readonly now: number },
): readonly (readonly [string, Reply])[] {
  const ceremony = { id: 'c1', options: { challenge: 'abc', rp: { id: 'access.example.com', name: '<b>"&\'' } } }
  const passkey: Passkey = {
    id: 'cred-1',
    publicKey: 'cose',
    counter: 1,
    transports: ['internal'],
    name: 'Laptop <script>',
    addedAt: now - 3_600_000,
    usedAt: now - 60_000,
  }
  const list = {
    session,
    nav: { current: undefined, awaitingCount: undefined },
    passkeys: [passkey, { ...passkey, id: 'cred-2', name: '', usedAt: undefined }],
    ceremony,
    mistake: undefined,
    notice: 'added',
    journey: 'abc',
    timeZone: 'Europe/Berlin',
    now,
  }
  return [
    ['passkey-confirm', confirmPage(request, { ceremony, refused: false, journey: 'abc' }, [])],
    ['passkey-refused', confirmPage(request, { ceremony, refused: true, journey: undefined }, [])],
    ['passkey-list', passkeysPage(request, list, [])],
    ['passkey-list-empty', passkeysPage(request, { ...list, passkeys: [], mistake: 'refused', notice: undefined }, [])],
  ]
}
