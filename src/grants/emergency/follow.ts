// Follows emergency access from start to end: logs both, and ties the grant of an emergency code to its only session.

import type { AuditEvent, Recorder } from '../../audit/event.ts'
import { emergencyProvider } from '../../policy/subject.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Grants } from '../grants.ts'

export interface EmergencyFollowing {
  readonly grants: Pick<Grants, 'all' | 'revoke' | 'onChange'>
  readonly sessions: {
    ofSubject(provider: string, sub: string): Promise<readonly { readonly id: string }[]>
    end(id: string, reason: 'session_revoked', actor: { readonly kind: 'system' }): Promise<boolean>
  }
  readonly log: Logger
}

/**
 * Wraps the recorder: each event is recorded by one node, so each start and end is logged once. `follow` is called when
 * the repositories exist, which need the recorder themselves.
 */
export function createEmergencyFollower(record: Recorder, log: Logger) {
  let following: EmergencyFollowing | undefined

  function onEvent(event: AuditEvent): void {
    if (event.kind === 'request' && event.activity === 'opened' && event.request.emergency) {
      const { id, app, who, statedName, reason, duration, level } = event.request
      log.warn({ request: id, app, who, statedName, reason, duration, level }, 'emergency access started')
    }
    if (event.kind === 'grant' && event.grant.emergency === true) {
      const { id, app, who, statedName } = event.grant
      if (event.activity === 'revoked' || event.activity === 'ended') {
        log.warn({ grant: id, app, who, statedName, how: event.activity }, 'emergency access ended')
      }
    }
    if (event.kind === 'authentication' && event.provider === emergencyProvider && endsSession.has(event.activity)) {
      // `detail` of the end of a session names its subject.
      if (following !== undefined) void endGrant(following, event.detail, event.at)
    }
  }

  return {
    record: (event: AuditEvent): void => {
      record(event)
      onEvent(event)
    },
    follow(parts: EmergencyFollowing): void {
      following = parts
      parts.grants.onChange((ids) => void endSessions(parts, new Set(ids)))
    },
  }
}

const endsSession: ReadonlySet<string> = new Set(['sign_out', 'session_ended'])

/** A code is used up: without its session the grant cannot be used, so it must not look as if it was. */
async function endGrant({ grants, log }: EmergencyFollowing, who: string | undefined, at: number): Promise<void> {
  const grant = grants.all().find((one) => one.who === who && one.basis?.entitlement === 'codes')
  if (grant === undefined || grant.revokedAt !== undefined || grant.until <= at) return
  try {
    await grants.revoke(grant.id, { kind: 'system' })
  } catch (error) {
    log.warn({ grant: grant.id, err: error }, 'the grant of an ended emergency session could not be revoked')
  }
}

/** The other way round: a session of a revoked emergency grant opens nothing, so it must not stay in the lists. */
async function endSessions({ grants, sessions, log }: EmergencyFollowing, changed: ReadonlySet<string>): Promise<void> {
  const prefix = `${emergencyProvider}|`
  const over = grants.all().filter(({ id, who, revokedAt }) => {
    return revokedAt !== undefined && changed.has(id) && who.startsWith(prefix)
  })
  for (const { who } of over) {
    try {
      for (const { id } of await sessions.ofSubject(emergencyProvider, who.slice(prefix.length))) {
        await sessions.end(id, 'session_revoked', { kind: 'system' })
      }
    } catch (error) {
      log.warn({ who, err: error }, 'the session of a revoked emergency grant could not be ended')
    }
  }
}
