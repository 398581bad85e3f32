// The path of a request, top to bottom; each step is the file of the same name.
// In the usual case every step answers at once, and nothing is promised before the request is on its way to the app.

import type { AccessRequest } from '../policy/access-request.ts'
import { assess } from './assess.ts'
import { canonical, type CanonicalRequest } from './canonical.ts'
import type { Confirmed } from './confirm.ts'
import { enforce } from './enforce.ts'
import type { Exchange } from './exchange.ts'
import { fail } from './failure.ts'
import { identify } from './identify.ts'
import { closed, judge } from './judge.ts'
import { answerOwn } from './own.ts'
import type { Parts } from './parts.ts'
import { refuse } from './refuse.ts'
import { route, type Target } from './route.ts'
import { fromAnotherPage } from './socket-origin.ts'

/** Answers one exchange, whatever it is, now or later. Never throws: what nobody foresaw ends in `failure.ts`. */
export function handle(parts: Parts, exchange: Exchange): void {
  const applied = parts.applied()
  const view = canonical(exchange, applied.rules)
  if (view.kind === 'refused') return refuse(parts, exchange, view)
  const { request } = view
  try {
    const target = route(applied, request)
    if (target.kind === 'nothing') return refuse(parts, exchange, { id: request.id, ...target })
    const pending =
      target.kind === 'own'
        ? answerOwn(parts, target.site, request, exchange)
        : admit(parts, { exchange, request, target })
    pending?.catch((error: unknown) => fail(parts, exchange, request.id, error))
  } catch (error) {
    fail(parts, exchange, request.id, error)
  }
}

/** A request for an app. */
interface Asking {
  readonly exchange: Exchange
  readonly request: CanonicalRequest
  readonly target: Extract<Target, { kind: 'app' }>
}

type Pending = Promise<void> | undefined

function admit(parts: Parts, asking: Asking): Pending {
  const who = identify(parts, asking.target, asking.request)
  return who instanceof Promise ? who.then((known) => gather(parts, asking, known)) : gather(parts, asking, who)
}

function gather(parts: Parts, asking: Asking, who: Confirmed): Pending {
  const access = assess(parts, asking.target.site, who, asking.request)
  return access instanceof Promise
    ? access.then((facts) => decide(parts, asking, who, facts))
    : decide(parts, asking, who, access)
}

function decide(parts: Parts, { exchange, request, target }: Asking, who: Confirmed, access: AccessRequest): Pending {
  const { site } = target
  const session = who.state === 'live' ? who.session : undefined
  const decision =
    session !== undefined && fromAnotherPage(site.app, request)
      ? closed('denied_by_rule', { kind: 'ask_owner' }, access.now)
      : judge(parts, target, who, access)
  if (session !== undefined) {
    parts.sessions.touch(session)
    if (decision.effect === 'allow') parts.people.used(session, site.app.name, access.now)
  }
  return enforce(parts, { exchange, request, site, session, access, decision })
}
