// Admin API for passkeys of guests: list them, and remove those of a guest who lost the device.

import { guestSub } from '../../../identity/guests/guest-subject.ts'
import { emailOf } from '../../../identity/users/email.ts'
import { guestProvider } from '../../../policy/subject.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'
import { adminActor, ok, rejected, type ApiRoutes, type ApiResponse, type Input } from './response.ts'

export const passkeyRoutes: ApiRoutes = {
  'GET /passkeys': {
    describes: 'Guests with passkeys.',
    input: {},
    output: 'list of `{email, passkeys: [{name, addedAt, usedAt}]}`; keys are never shown',
    errors: {},
    handle: async (deps) => ok(await deps.passkeys.all()),
  },
  'POST /passkeys/remove': {
    describes: 'Removes all passkeys of a guest, such as after a lost device, and ends the sessions of that guest.',
    input: { email: 'text, required: address of the guest' },
    output: '`{removed: number, ended: number}`',
    errors: { 400: 'no e-mail address', 404: 'a guest without a passkey' },
    handle: removePasskeys,
  },
}

async function removePasskeys(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const email = emailOf(input['email'])
  if (email === undefined) return rejected(400, 'email: required, an e-mail address')
  const removed = await deps.passkeys.removeAll(email, adminActor)
  if (removed === 0) return rejected(404, `${email}: no guest with a passkey; see "einlass passkeys list"`)
  let ended = 0
  for (const session of await deps.sessions.ofSubject(guestProvider, guestSub(email))) {
    if (await deps.sessions.end(session.id, 'session_revoked', adminActor)) ended++
  }
  return ok({ removed, ended })
}
