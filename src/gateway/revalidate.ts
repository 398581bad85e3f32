// Continuous re-authorization of open connections: at each change, lease expiry and reload. Ends what is denied.

import type { OpenExchange } from '../proxy/open-connections.ts'
import type { PublicAddress } from '../config/configuration.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import type { Change } from '../store/change.ts'
import { rebuildAccessRequest } from './access-context.ts'
import type { OpenExchangeContext } from './open-exchange.ts'
import { authenticateAgain } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { bindGrant } from './bind-grant.ts'
import type { Dependencies } from './dependencies.ts'
import { isTrustedPreflight } from './origin-check.ts'
import { appSessionExpiresAt } from './pre-policy.ts'
import { never } from '../policy/never.ts'

export interface Revalidator {
  /** After a reload: re-authorizes every open exchange under the new rules. */
  checkAll(): void
  stop(): void
}

type OpenConnection = OpenExchange<OpenExchangeContext>

/**
 * Milliseconds. Expired leases are collected every `interval`; one not renewed within `responseTimeout` ends: together
 * under 1 s, and under 2 s when the store became unreachable, which is detected within another second.
 */
const interval = 200
const responseTimeout = 600

export function startRevalidator(deps: Dependencies): Revalidator {
  /** Checks in progress; `true` when a change arrived meanwhile and the result may be stale already. */
  const checking = new Map<OpenConnection, boolean>()

  const check = (open: OpenConnection): void => {
    if (checking.has(open)) return void checking.set(open, true)
    checking.set(open, false)
    let settled = false
    // When the event loop was blocked, timers fire before pending results: setImmediate lets those settle first.
    const onDeadline = (): void => void setImmediate(() => settled || abort(deps, open, unreachableCode(deps)))
    const deadline = setTimeout(onDeadline, responseTimeout)
    void reauthorize(deps, open)
      .catch((error: unknown) => {
        deps.log.error({ err: error, exchange: open.id }, 're-authorization of an open connection failed')
        return 'policy_error' as const
      })
      .then((denied) => {
        settled = true
        clearTimeout(deadline)
        const changed = checking.get(open)
        checking.delete(open)
        if (denied !== undefined) abort(deps, open, denied)
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
    // Without the change feed a revocation elsewhere goes unseen: every open exchange is checked like a new request.
    const feedLost = !deps.changes.fresh(grace) && deps.changes.lag() > grace
    checkAll(feedLost ? deps.connections.all() : deps.connections.expired(deps.now()))
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
      // `grants.onChange` fires once the change has been read.
      return []
    case 'request_changed':
      // A request allows nothing; its approval creates a grant, which triggers `grants.onChange`.
      return []
    case 'certificate_changed':
      return []
    default:
      return never(change)
  }
}

/** Undefined: allowed until the new `validUntil`; otherwise the reason code of the denial. */
async function reauthorize(deps: Dependencies, open: OpenConnection): Promise<ReasonCode | undefined> {
  const { access, source, generation } = open.context
  const app = deps.activeConfig().apps.get(open.app)
  const address = app?.config.addresses.find(isSameAddress(open.context.address))
  if (app === undefined || address === undefined) return 'app_disabled'
  if (open.session === undefined) {
    open.validUntil = deps.now() + app.policy.lease
    const isOpen =
      app.isPublic(access.method, access.path, access.destination) || isTrustedPreflight(app.config, source)
    return isOpen ? undefined : 'no_session'
  }
  const who = await authenticateAgain(deps, open.session, generation, app.config.session)
  if (who.state === 'unreachable') return who.code
  if (who.state === 'none') return who.absence
  const current = await rebuildAccessRequest(deps, access, who.session, app.config.name)
  const target = { app, address, publicPath: false }
  const decided = {
    target,
    who,
    access: current,
    source,
    decision: authorize(deps, target, who, current, source),
  }
  const { decision } = await bindGrant(deps, who.session, decided)
  if (decision.effect !== 'allow') return decision.reasons[0]?.code ?? 'no_rule_matched'
  open.validUntil = Math.min(
    decision.validUntil,
    deps.idpFreshness.nextCheckAt(who.session, app.config.session),
    appSessionExpiresAt(app.config, who.session, deps.sessions.lastSeen),
  )
  return undefined
}

/** A reload creates new objects. */
function isSameAddress({ origin, path }: PublicAddress): (other: PublicAddress) => boolean {
  return (other) => other.origin === origin && other.path === path
}

/** Reason code after a time-out: the store when its change feed is silent too, else the identity provider. */
function unreachableCode(deps: Dependencies): ReasonCode {
  return deps.changes.fresh(0) ? 'provider_unreachable' : 'store_unreachable'
}

function abort(deps: Dependencies, open: OpenConnection, reason: ReasonCode): void {
  if (open.context.endReason !== undefined) return
  open.context.endReason = reason
  deps.log.info({ exchange: open.id, app: open.app, session: open.session, reason }, 'ended an open connection')
  deps.metrics.revoked(open.app)
  open.abort()
}
