// Passkeys of guests: adding, using and removing them; what they prove satisfies `mfa`, which a code by mail never does.

import { addressOf, type Actor, type Origin, type Recorder } from '../../audit/event.ts'
import type { GuestMails } from '../../audit/notifications/guest-mail.ts'
import { oneLine } from '../../audit/notifications/sanitize.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { Language } from '../../policy/messages/locale.ts'
import { guestProvider } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import type { ReturnContext } from '../oidc/return-context.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { GuestAccess } from './guest-access.ts'
import { guestAuthentication } from './guest-authentication.ts'
import { actorOf } from './guest-sign-in.ts'
import { guestSubject, isGuestAddress } from './guest-subject.ts'
import { createPasskeyChallenges } from './passkey-challenges.ts'
import { createPasskeyRecords, type GuestPasskeys, type Passkey } from './passkey-records.ts'
import {
  creationOptions,
  isCloned,
  requestOptions,
  verifyNewPasskey,
  verifyPasskey,
  type RelyingParty,
} from './webauthn.ts'

export type { Passkey } from './passkey-records.ts'

/** A guest's request with its session. */
export interface PasskeyRequest {
  readonly session: Session
  readonly cookies: string | undefined
  readonly origin: Origin
}

/** A form with a credential. */
export interface PasskeyAnswer extends PasskeyRequest {
  /** Id of the challenge. */
  readonly id: string | undefined
  /** JSON of the browser. */
  readonly credential: string
}

export interface PasskeyStart {
  readonly id: string
  /** JSON for the script of the page. */
  readonly options: object
  readonly cookies: readonly string[]
}

export type AddResult =
  | { readonly state: 'added'; readonly cookies: readonly string[] }
  /** A check failed, or the challenge was not for this session. */
  | { readonly state: 'refused' }
  /** As many as there may be. */
  | { readonly state: 'full' }

export type ConfirmResult =
  | {
      readonly state: 'confirmed'
      readonly session: Session
      readonly returnContext: ReturnContext | undefined
      readonly cookies: readonly string[]
    }
  | { readonly state: 'refused' }

/** Methods reject with `StoreUnreachable`. Sessions are of guests; whether they are strong enough is for the caller to check. */
export interface GuestPasskeyKeeper {
  of(session: Session): Promise<readonly Passkey[]>
  beginAdd(request: PasskeyRequest): Promise<PasskeyStart>
  finishAdd(answer: PasskeyAnswer & { readonly name: string; readonly language: Language }): Promise<AddResult>
  /** Undefined without a passkey. */
  beginConfirm(request: PasskeyRequest, returnContext: ReturnContext | undefined): Promise<PasskeyStart | undefined>
  finishConfirm(answer: PasskeyAnswer): Promise<ConfirmResult>
  /** False when there is no such passkey. */
  remove(request: PasskeyRequest, passkey: string): Promise<boolean>
  /** Of all guests, without the keys. */
  all(): Promise<readonly GuestWithPasskeys[]>
  /** All passkeys of a guest who lost the device. Returns how many there were. */
  removeAll(email: string, actor: Actor): Promise<number>
}

export interface GuestWithPasskeys {
  readonly email: string
  readonly passkeys: readonly Pick<Passkey, 'name' | 'addedAt' | 'usedAt'>[]
}

export interface PasskeysOptions {
  readonly configuration: () => Pick<Configuration, 'guests' | 'providers' | 'gateway'>
  readonly access: GuestAccess
  readonly mails: Pick<GuestMails, 'sendPasskeyAdded'>
  readonly sessions: Pick<Sessions, 'begin'>
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  /** Epoch milliseconds. */
  readonly now: () => number
}

const maxPasskeys = 10
const maxNameLength = 60

export function createPasskeys(options: PasskeysOptions): GuestPasskeyKeeper {
  const { configuration, access, mails, sessions, store, seal, record, now } = options
  const records = createPasskeyRecords({ store, seal, now })
  const challenges = createPasskeyChallenges({ store, seal, now })

  function relyingParty(): RelyingParty {
    const { origin } = configuration().gateway
    return { id: new URL(origin).hostname, origin }
  }

  /** With a handle from the first challenge on, so that the passkey belongs to the record it will be in. */
  async function recordOf({ subject }: Session): Promise<GuestPasskeys> {
    const found = await records.read(subject.sub)
    return found ?? (await records.change(subject.sub, subject.email ?? '', (passkeys) => passkeys))!
  }

  function find(severity: 'low' | 'high', title: string, detail: string, { session, origin }: PasskeyRequest): void {
    const actor = actorOf(session.subject, session.id)
    record({ kind: 'finding', at: now(), actor, origin, title, detail, severity })
  }

  return {
    of: async ({ subject }) => (await records.read(subject.sub))?.passkeys ?? [],
    async beginAdd({ session, cookies }) {
      const guest = await recordOf(session)
      const begun = challenges.begin({ purpose: 'add', session: session.id, returnContext: undefined }, cookies)
      return { ...begun, options: creationOptions(relyingParty(), begun.challenge, guest) }
    },
    async finishAdd(answer) {
      const { id, session, cookies, credential, name, language, origin } = answer
      const { subject } = session
      const found = await challenges.take(id, { purpose: 'add', session: session.id, cookies })
      if (found === undefined) return { state: 'refused' }
      const made = await verifyNewPasskey(relyingParty(), found.challenge, credential)
      if (made === undefined) return { state: 'refused' }
      const at = now()
      const passkey: Passkey = { ...made, name: oneLine(name, maxNameLength) ?? '', addedAt: at, usedAt: undefined }
      let full = false
      const written = await records.change(subject.sub, subject.email ?? '', (passkeys) => {
        full = passkeys.length >= maxPasskeys
        return full || passkeys.some((one) => one.id === passkey.id) ? undefined : [...passkeys, passkey]
      })
      if (written === undefined) return { state: full ? 'full' : 'refused' }
      const count = written.passkeys.length
      find('low', 'A guest added a passkey', `${subject.email ?? subject.sub} has ${count} of them now`, answer)
      // Whoever took over the mailbox or an open session has added it unseen otherwise.
      const { host } = configuration().gateway
      if (subject.email !== undefined) {
        mails.sendPasskeyAdded(subject.email, { host, at, client: addressOf(origin) }, language)
      }
      return { state: 'added', cookies: [found.clear] }
    },
    async beginConfirm({ session, cookies }, returnContext) {
      const guest = await records.read(session.subject.sub)
      if (guest === undefined || guest.passkeys.length === 0) return undefined
      const begun = challenges.begin({ purpose: 'confirm', session: session.id, returnContext }, cookies)
      return { ...begun, options: requestOptions(relyingParty(), begun.challenge, guest) }
    },
    async finishConfirm(answer) {
      const { id, session, cookies, credential, origin } = answer
      const { subject } = session
      const refuse = (reason: string): ConfirmResult => {
        recordStepUp(answer, reason, session)
        return { state: 'refused' }
      }
      const found = await challenges.take(id, { purpose: 'confirm', session: session.id, cookies })
      if (found === undefined) return refuse('challenge_unknown')
      const passkeys = (await records.read(subject.sub))?.passkeys ?? []
      const used = await verifyPasskey(relyingParty(), found.challenge, credential, passkeys)
      if (used === undefined) return refuse('passkey_invalid')
      const at = now()
      let cloned = false
      const written = await records.change(subject.sub, subject.email ?? '', (current) => {
        const known = current.find((one) => one.id === used.id)
        cloned = known !== undefined && isCloned(known.counter, used.counter)
        if (known === undefined || cloned) return undefined
        return current.map((one) => (one === known ? { ...one, counter: used.counter, usedAt: at } : one))
      })
      if (cloned) {
        find(
          'high',
          'A passkey of a guest may have been copied',
          'its counter went back: the sign-in was refused',
          answer,
        )
      }
      if (written === undefined) return refuse(cloned ? 'passkey_copied' : 'passkey_invalid')
      const stands = subject.email !== undefined && isGuestAddress(subject.email, configuration())
      if (!stands || access.of(subject) === undefined) return refuse('no_access')
      const settings = configuration().providers.get(guestProvider)!
      const stepped = await sessions.begin(
        {
          subject,
          authentication: guestAuthentication('passkey', settings, at),
          providerSession: undefined,
          tokens: { refresh: undefined, idToken: undefined },
          userAgent: origin.userAgent?.slice(0, 512),
          address: addressOf(origin),
        },
        session,
        origin,
      )
      recordStepUp(answer, undefined, stepped)
      return { state: 'confirmed', session: stepped, returnContext: found.returnContext, cookies: [found.clear] }
    },
    async remove(request, passkey) {
      const { subject } = request.session
      let removed: Passkey | undefined
      await records.change(subject.sub, subject.email ?? '', (passkeys) => {
        removed = passkeys.find(({ id }) => id === passkey)
        return removed && passkeys.filter(({ id }) => id !== passkey)
      })
      if (removed === undefined) return false
      find('low', 'A guest removed a passkey', `${subject.email ?? subject.sub} removed “${removed.name}”`, request)
      return true
    },
    async all() {
      const guests = (await records.all()).filter(({ passkeys }) => passkeys.length > 0)
      return guests.map(({ email, passkeys }) => ({
        email,
        passkeys: passkeys.map(({ name, addedAt, usedAt }) => ({ name, addedAt, usedAt })),
      }))
    },
    async removeAll(typed, actor) {
      const subject = guestSubject(typed, configuration())
      let count = 0
      if (subject?.email === undefined) return count
      await records.change(subject.sub, subject.email, (passkeys) => {
        count = passkeys.length
        return count === 0 ? undefined : []
      })
      if (count > 0) {
        const title = 'The passkeys of a guest were removed'
        const detail = `${subject.email} had ${count}; the next sign-in is by a code alone, and may add one`
        record({ kind: 'finding', at: now(), actor, origin: undefined, title, detail, severity: 'low' })
      }
      return count
    },
  }

  function recordStepUp({ origin }: PasskeyRequest, reason: string | undefined, session: Session): void {
    record({
      kind: 'authentication',
      at: now(),
      origin,
      actor: actorOf(session.subject, session.id),
      activity: 'step_up',
      outcome: reason === undefined ? 'success' : 'failure',
      reason,
      detail: 'passkey',
      provider: guestProvider,
      session: session.id,
      mfa: reason === undefined && session.authentication.mfa,
    })
  }
}
