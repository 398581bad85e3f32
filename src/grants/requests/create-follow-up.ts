// Creates a request for a follow-up of a grant: once per grant, by its holder, to be decided by its sponsor.

import { createHash } from 'node:crypto'
import { checkMfa, isActive, rejected, text } from './checks.ts'
import { checkFollowUp } from './follow-up.ts'
import { stateAt } from './index.ts'
import { chainOf } from './records.ts'
import type { PersonActing } from './checks.ts'
import type { WantedAccess } from './repository.ts'
import type { GrantRequest } from './request.ts'
import type { RequestsDependencies, RequestWriting } from './write.ts'
import { actorOf, personOf } from '../grant-events.ts'

const openPerPerson = 5
/** As for other requests: each of them sends notifications. */
const maxPerHour = 20
const hour = 3_600_000
const maxAttempts = 20

export function createFollowUpCreation(
  { store, record, now, grants, entitlements, grantEvents }: RequestsDependencies,
  { records, replica, applyWrite, applyTerms }: RequestWriting,
): (wanted: WantedAccess & { readonly extends: string }, acting: PersonActing) => Promise<GrantRequest> {
  return async (wanted, acting) => {
    const { subject } = acting
    const by = personOf(acting)
    const rules = entitlements()
    const check = async () => checkFollowUp(await grants.find(wanted.extends), by, wanted, rules, now())
    let { grant, ...offer } = await check()
    const reason = text(wanted.reason)
    if (reason === undefined) throw rejected('reason_missing')
    checkMfa(acting.authentication, 'mfa', offer.freshMfa, now())
    const open = replica.index.all().filter((one) => one.state === 'open' && rules.comparePeople(one.by, by) === 'same')
    const most = rules.requests(wanted.app)?.openPerPerson ?? openPerPerson
    if (open.length >= most) throw rejected('too_many_requests', { most })
    const rate = createHash('sha256').update(rules.nameOf(by)).digest('hex').slice(0, 20)
    if ((await store.increment(`request-rate:requests:${rate}`, hour)) > maxPerHour) {
      throw rejected('too_many_requests', { most: maxPerHour })
    }
    // Asking is using: from now on the grant belongs to this account, as the one that follows it will.
    if (grants.isUnbound(grant.id)) {
      await grants.bind(grant.id, subject)
      ;({ grant, ...offer } = await check())
    }

    const chain = chainOf(rules.nameOf(by), wanted.app, `sponsor:${grant.id}`)
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const { request: last, next } = await records.newest(chain)
      if (last !== undefined) await checkNotFollowed(last)
      const at = now()
      const request: GrantRequest = {
        id: `${chain}-${next}`,
        version: 1,
        app: wanted.app,
        level: wanted.level,
        duration: wanted.duration,
        from: undefined,
        reason,
        ticket: undefined,
        by,
        groups: subject.groups,
        external: subject.external,
        device: acting.device,
        address: acting.address,
        askedAt: at,
        lapsesAt: Math.min(at + offer.lapseAfter, grant.until),
        extends: grant.id,
        followUp: { sponsor: offer.sponsor, schedule: grant.schedule, contract: grant.contract },
        emergency: false,
        needed: 1,
        approvals: [],
        state: 'open',
        closed: undefined,
        terms: undefined,
        grant: undefined,
        settled: false,
        reviewBy: undefined,
        reviewed: undefined,
      }
      if (await records.create(request)) {
        await applyWrite(request)
        record(grantEvents.requestEvent(at, 'opened', request, actorOf(acting)))
        return request
      }
    }
    throw rejected('already_requested')
  }

  async function checkNotFollowed(last: GrantRequest): Promise<void> {
    const known = stateAt(last, now())
    if (known.state === 'open') throw rejected('already_requested', { since: known.askedAt })
    if (known.state === 'approved' && !known.settled) await applyTerms(known)
    const next = known.grant === undefined ? undefined : await grants.read(known.grant)
    if (next !== undefined && isActive(next, now())) throw rejected('already_granted', { until: next.until })
  }
}
