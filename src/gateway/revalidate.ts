// The one place that ends a connection because of a decision: at each change, at each lease's end, at each reload.

import type { OpenExchange } from '../proxy/open-connections.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import type { Change } from '../store/change.ts'
import { rebuildAccessRequest } from './access-context.ts'
import type { OpenExchangeContext } from './open-exchange.ts'
import { authenticateAgain } from './authenticate.ts'
import { authorize } from './authorize.ts'
import type { Dependencies } from './dependencies.ts'
import { appSessionExpiresAt } from './pre-policy.ts'
import { never } from '../policy/never.ts'

export interface Revalidator {
  /** After a reload: everything open is asked again under the new rules. */
  checkAll(): void
  stop(): void
}

type OpenConnection = OpenExchange<OpenExchangeContext>

/**
 * Milliseconds. Ends are looked for every `tick`; a lease not renewed within `patience` is over: together under 1 s, and
 * under 2 s with a store that fell silent, which shows within another second.
 */
const interval = 200
const responseTimeout = 600

export function startRevalidator(deps: Dependencies): Revalidator {
  /** Being asked again now; `true` when something changed meanwhile and the answer may be old already. */
  const checking = new Map<OpenConnection, boolean>()

  const check = (open: OpenConnection): void => {
    if (checking.has(open)) return void checking.set(open, true)
    checking.set(open, false)
    let answered = false
    // When the process itself was held up, timers come before the answers that wait: those are heard first.
    const late = (): void => void setImmediate(() => answered || abort(deps, open, isDisconnected(deps)))
    const deadline = setTimeout(late, responseTimeout)
    void reauthorize(deps, open)
      .catch((error: unknown) => {
        deps.log.error({ err: error, exchange: open.id }, 'an open connection could not be asked about again')
        return 'policy_error' as const
      })
      .then((refusal) => {
        answered = true
        clearTimeout(deadline)
        const changed = checking.get(open)
        checking.delete(open)
        if (refusal !== undefined) abort(deps, open, refusal)
        else if (changed) check(open)
      })
  }
  const checkAll = (open: Iterable<OpenConnection>): void => [...open].forEach(check)

  deps.changes.on((change) => checkAll(affectedExchanges(deps, change)))
  deps.grants.onChange((_ids, apps) => {
    for (const app of apps) checkAll(deps.connections.ofApp(app))
  })
  const timer = setInterval(() => {
    const { grace } = deps.activeConfig().configuration.session
    // Whoever hears of no change may rest on what was revoked elsewhere: asked again as any new request would be.
    const offlineTimer = !deps.changes.fresh(grace) && deps.changes.lag() > grace
    checkAll(offlineTimer ? deps.connections.all() : deps.connections.expired(deps.now()))
  }, interval)
  return { checkAll: () => checkAll(deps.connections.all()), stop: () => clearInterval(timer) }
}

function affectedExchanges(deps: Dependencies, change: Change | 'everything'): Iterable<OpenConnection> {
  if (change === 'everything') return deps.connections.all()
  switch (change.kind) {
    case 'session_ended':
    case 'session_changed':
      return deps.connections.ofSession(change.session)
    case 'device_changed':
      return deps.connections.ofDevice(change.device)
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
async function reauthorize(deps: Dependencies, open: OpenConnection): Promise<ReasonCode | undefined> {
  const { host, access, webSocket } = open.context
  const app = deps.activeConfig().apps.get(host)
  if (app === undefined) return 'app_disabled'
  if (open.session === undefined) {
    open.validUntil = deps.now() + app.policy.lease
    return app.isPublic(access.method, access.path) ? undefined : 'no_session'
  }
  const who = await authenticateAgain(deps, open.session, app.config.session)
  if (who.state === 'unreachable') return who.code
  if (who.state === 'none') return who.absence
  const current = await rebuildAccessRequest(deps, access, who.session, app.config.name)
  const decision = authorize(deps, { kind: 'app', app, publicPath: false }, who, current, webSocket)
  if (decision.effect !== 'allow') return decision.reasons[0]?.code ?? 'no_rule_matched'
  open.validUntil = Math.min(
    decision.validUntil,
    deps.idpFreshness.nextCheckAt(who.session, app.config.session),
    appSessionExpiresAt(app.config, who.session, deps.sessions.lastSeen),
  )
  return undefined
}

/** Who has not answered in time: the store when its changes are not heard either, else the provider. */
function isDisconnected(deps: Dependencies): ReasonCode {
  return deps.changes.fresh(0) ? 'provider_unreachable' : 'store_unreachable'
}

function abort(deps: Dependencies, open: OpenConnection, reason: ReasonCode): void {
  if (open.context.endReason !== undefined) return
  open.context.endReason = reason
  deps.log.info({ exchange: open.id, app: open.app, session: open.session, reason }, 'ended an open connection')
  deps.metrics.cut(open.app)
  open.abort()
}
