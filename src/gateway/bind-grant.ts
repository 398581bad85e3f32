// Binds a grant to an address to the first account that uses it, before anything is forwarded under it.

import type { Session } from '../identity/session/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import { isOfOtherAccount } from '../policy/grant.ts'
import { StoreUnreachable } from '../store/store.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { authorize } from './authorize.ts'
import type { Dependencies } from './dependencies.ts'
import { denial } from './pre-policy.ts'
import { originOf, type AppRequest } from './record.ts'

/** Whether the decision allows by a grant that no account has used yet. */
export function restsOnUnboundGrant(parts: Pick<Dependencies, 'grants'>, decision: Decision): boolean {
  return unboundGrant(parts, decision) !== undefined
}

function unboundGrant({ grants }: Pick<Dependencies, 'grants'>, decision: Decision): string | undefined {
  const { effect, grant, sourceGrant, monitored } = decision
  if (grant === undefined || effect !== 'allow' || monitored !== undefined) return undefined
  if (grants.isUnbound(grant)) return grant
  return sourceGrant !== undefined && grants.isUnbound(sourceGrant) ? sourceGrant : undefined
}

type Authorized = Pick<AppRequest, 'who' | 'access' | 'source' | 'decision'> & {
  readonly target: Pick<AppRequest['target'], 'app' | 'publicPath'>
}

/** Binds, then decides again: another account may have been first. A binding that cannot be written denies. */
export async function bindGrant<Request extends Authorized>(
  deps: Dependencies,
  session: Session,
  request: Request,
): Promise<Request> {
  const { target, who, source } = request
  let { access, decision } = request
  for (;;) {
    const grant = unboundGrant(deps, decision)
    if (grant === undefined) return { ...request, access, decision }
    try {
      await deps.grants.bind(grant, session.subject)
    } catch (error) {
      if (!(error instanceof StoreUnreachable)) throw error
      return { ...request, access, decision: denial('store_unreachable', { kind: 'try_again' }, deps.now()) }
    }
    access = { ...access, grants: deps.grants.of(session.subject, target.app.config.name) } satisfies AccessRequest
    decision = authorize(deps, target, who, access, source)
  }
}

/** Reports who comes with the address of a grant that another account has used first. */
export function reportInheritedGrants(
  deps: Dependencies,
  session: Session,
  access: AccessRequest,
  request: CanonicalRequest,
): void {
  for (const grant of access.grants) {
    if (isOfOtherAccount(grant, session.subject)) deps.grants.reportInherited(grant, session.subject, originOf(request))
  }
}
