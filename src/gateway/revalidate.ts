// The one place that ends a connection because of a decision: at each change, at each lease's end, at each reload.

import type { OpenExchange } from '../proxy/open-connections.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import type { Change } from '../store/change.ts'
import { rebuildAccessRequest } from './access-context.ts'
import type { Asked } from './open-exchange.ts'
import { authenticateAgain } from './authenticate.ts'
import { authorize } from './authorize.ts'
import type { Parts } from './dependencies.ts'
import { appSessionExpiresAt } from './pre-policy.ts'
import { never } from '../policy/never.ts'

export interface Revalidator {
  /** After a reload: everything open is asked again under the new rules. */
  everything(): void
  stop(): void
}

type Open = OpenExchange<Asked>

/**
 * Milliseconds. Ends are looked for every `tick`; a lease not renewed within `patience` is over: together under 1 s, and
 * under 2 s with a store that fell silent, which shows within another second.
 */
const tick = 200
const patience = 600

export function startRevalidator(parts: Parts): Revalidator {
  /** Being asked again now; `true` when something changed meanwhile and the answer may be old already. */
  const asking = new Map<Open, boolean>()

  const ask = (open: Open): void => {
    if (asking.has(open)) return void asking.set(open, true)
    asking.set(open, false)
    let answered = false
    // When the process itself was held up, timers come before the answers that wait: those are heard first.
    const late = (): void => void setImmediate(() => answered || cut(parts, open, silent(parts)))
    const deadline = setTimeout(late, patience)
    void renew(parts, open)
      .catch((error: unknown) => {
        parts.log.error({ err: error, exchange: open.id }, 'an open connection could not be asked about again')
        return 'policy_error' as const
      })
      .then((refusal) => {
        answered = true
        clearTimeout(deadline)
        const changed = asking.get(open)
        asking.delete(open)
        if (refusal !== undefined) cut(parts, open, refusal)
        else if (changed) ask(open)
      })
  }
  const askAll = (open: Iterable<Open>): void => [...open].forEach(ask)

  parts.changes.on((change) => askAll(concerned(parts, change)))
  parts.grants.onChange((_ids, apps) => {
    for (const app of apps) askAll(parts.connections.ofApp(app))
  })
  const timer = setInterval(() => {
    const { grace } = parts.applied().configuration.session
    // Whoever hears of no change may rest on what was revoked elsewhere: asked again as any new request would be.
    const deaf = !parts.changes.fresh(grace) && parts.changes.lag() > grace
    askAll(deaf ? parts.connections.all() : parts.connections.expired(parts.now()))
  }, tick)
  return { everything: () => askAll(parts.connections.all()), stop: () => clearInterval(timer) }
}

function concerned(parts: Parts, change: Change | 'everything'): Iterable<Open> {
  if (change === 'everything') return parts.connections.all()
  switch (change.kind) {
    case 'session_ended':
    case 'session_changed':
      return parts.connections.ofSession(change.session)
    case 'device_changed':
      return parts.connections.ofDevice(change.device)
    case 'grant_changed':
      // Grants announce themselves, once they have read what changed.
      return []
    case 'request_changed':
      // Nobody is let in by a request: the grant that comes of it announces itself.
      return []
    default:
      return never(change)
  }
}

/** Undefined when it may go on until the new `validUntil`, else why not. */
async function renew(parts: Parts, open: Open): Promise<ReasonCode | undefined> {
  const { host, access, webSocket } = open.context
  const site = parts.applied().sites.get(host)
  if (site === undefined) return 'app_disabled'
  if (open.session === undefined) {
    open.validUntil = parts.now() + site.policy.lease
    return site.isPublic(access.method, access.path) ? undefined : 'no_session'
  }
  const who = await authenticateAgain(parts, open.session, site.app.session)
  if (who.state === 'unreachable') return who.code
  if (who.state === 'none') return who.absence
  const current = await rebuildAccessRequest(parts, access, who.session, site.app.name)
  const decision = authorize(parts, { kind: 'app', site, publicPath: false }, who, current, webSocket)
  if (decision.effect !== 'allow') return decision.reasons[0]?.code ?? 'no_rule_matched'
  open.validUntil = Math.min(
    decision.validUntil,
    parts.confirmation.nextQuestion(who.session, site.app.session),
    appSessionExpiresAt(site.app, who.session, parts.sessions.lastSeen),
  )
  return undefined
}

/** Who has not answered in time: the store when its changes are not heard either, else the provider. */
function silent(parts: Parts): ReasonCode {
  return parts.changes.fresh(0) ? 'provider_unreachable' : 'store_unreachable'
}

function cut(parts: Parts, open: Open, reason: ReasonCode): void {
  if (open.context.ended !== undefined) return
  open.context.ended = reason
  parts.log.info({ exchange: open.id, app: open.app, session: open.session, reason }, 'ended an open connection')
  parts.metrics.cut(open.app)
  open.cut()
}
