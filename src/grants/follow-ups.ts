// Ends follow-ups whose grant did not last to its end: a revocation, or a line taken out of the configuration, ends what was to follow.

import type { Grant } from '../policy/grant.ts'

/** Follow-ups that have not begun and never may, because of these grants. */
export function orphanedFollowUps(
  all: readonly Grant[],
  grantOf: (id: string) => Grant | undefined,
  now: number,
): readonly Grant[] {
  return pending(all, now).filter(({ basis }) => grantOf(basis!.follows!)?.revokedAt !== undefined)
}

/**
 * Follow-ups of grants of the configuration that it no longer contains. A line that was changed is another grant: one for the
 * same person and app that lasts as long holds the follow-up.
 */
export function undeclaredFollowUps(
  all: readonly Grant[],
  declared: ReadonlyMap<string, Grant>,
  now: number,
): readonly Grant[] {
  return pending(all, now).filter((grant) => {
    const { follows, email } = grant.basis!
    if (!follows!.startsWith('yaml-') || declared.has(follows!)) return false
    const provider = grant.who.slice(0, grant.who.indexOf('|'))
    const keys = [grant.who, ...(email === undefined ? [] : [`${provider}|mailto:${email}`])]
    return ![...declared.values()].some(
      ({ app, who, until }) => app === grant.app && keys.includes(who) && until >= grant.from,
    )
  })
}

function pending(all: readonly Grant[], now: number): readonly Grant[] {
  return all.filter(
    ({ basis, from, revokedAt }) => basis?.follows !== undefined && revokedAt === undefined && now < from,
  )
}
