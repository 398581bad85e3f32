// The path of a request, top to bottom; each step is the file of the same name.

import { assess } from './assess.ts'
import { canonical } from './canonical.ts'
import { enforce } from './enforce.ts'
import type { Exchange } from './exchange.ts'
import { fail } from './failure.ts'
import { identify } from './identify.ts'
import { closed, judge } from './judge.ts'
import { answerOwn } from './own.ts'
import type { Parts } from './parts.ts'
import { record } from './record.ts'
import { refuse } from './refuse.ts'
import { route } from './route.ts'
import { fromAnotherPage } from './socket-origin.ts'

/** Answers one exchange, whatever it is. Never rejects: what nobody foresaw ends in `failure.ts`. */
export async function handle(parts: Parts, exchange: Exchange): Promise<void> {
  const applied = parts.applied()
  const view = canonical(exchange, applied.rules)
  if (view.kind === 'refused') return refuse(parts, exchange, view)
  const { request } = view
  try {
    const target = route(applied, request)
    if (target.kind === 'nothing') return refuse(parts, exchange, { id: request.id, ...target })
    if (target.kind === 'own') return await answerOwn(parts, target.site, request, exchange)

    const confirmed = identify(parts, target, request)
    const who = confirmed instanceof Promise ? await confirmed : confirmed
    const gathered = assess(parts, target.site, who, request)
    const access = gathered instanceof Promise ? await gathered : gathered
    const foreign = who.state === 'live' && fromAnotherPage(target.site.app, request)
    const decision = foreign
      ? closed('denied_by_rule', { kind: 'ask_owner' }, access.now)
      : judge(parts, target, who, access)
    if (who.state === 'live') parts.sessions.touch(who.session)
    const decided = { site: target.site, session: who.state === 'live' ? who.session : undefined, access, decision }
    const enforced = await enforce(parts, decided, request, exchange)
    record(parts, { ...decided, decision: enforced.decision }, request, enforced.outcome, exchange.startedAt)
  } catch (error) {
    fail(parts, exchange, request.id, error)
  }
}
