// Orders and renews certificates, on the one node that holds the lease: due hosts, back-off, findings. Declared names only.

import type { Recorder } from '../audit/event.ts'
import type { AcmeSettings, ChallengeType } from '../config/acme-settings.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Account } from './account.ts'
import { forgetAccount, openAccount, type AccountRecords } from './account.ts'
import { inParallel } from '../async/in-parallel.ts'
import { AcmeFailure, asFailure } from './acme-failure.ts'
import { isDue, nextFailure } from './attempts.ts'
import { explainFailure } from './explain-failure.ts'
import { expiryFinding, missingFinding, warningDue } from './expiry.ts'
import type { HeldCertificates } from './held-certificates.ts'
import type { HeldCertificate, HostRecord, HostRecords } from './host-record.ts'
import type { Lease } from './lease.ts'
import { orderCertificate } from './order.ts'
import { askRenewalTime, plannedRenewal } from './renewal-time.ts'
import type { SignedRequests } from './signed-requests.ts'
import { renewalId } from './x509.ts'

export interface Orderer {
  /**
   * Takes or keeps the lease, and with it orders what is due. Resolves when all orders of this round have ended; false: another
   * node orders. Calls during a round share it. Never rejects.
   */
  round(): Promise<boolean>
  /** The configuration was reloaded: another round follows the one under way, and what failed is tried again. */
  reloaded(): void
  /** Ends orders that are under way and gives the lease up. */
  stop(): Promise<void>
}

export interface OrdererDependencies {
  readonly settings: () => AcmeSettings
  readonly lease: Lease
  readonly records: HostRecords
  readonly accounts: AccountRecords
  readonly held: Pick<HeldCertificates, 'announce' | 'load' | 'recordOf'>
  /** Requests to the directory of these settings. */
  readonly connect: (settings: AcmeSettings) => SignedRequests
  /** Resolves when every node answers a challenge that was announced. */
  readonly propagated: () => Promise<unknown>
  readonly record: Recorder
  readonly log: Logger
  readonly now: () => number
  /** From 0 up to 1. */
  readonly random: () => number
}

/** Orders at a time: authorities limit them, and a slow host must not hold up the others. */
const parallelOrders = 4

export function createOrderer(deps: OrdererDependencies): Orderer {
  const { settings, lease, records, accounts, held, connect, propagated, record, log, now, random } = deps
  const stopping = new AbortController()
  let reloadedAt = 0
  let running: Promise<boolean> | undefined
  let again = false

  async function rounds(): Promise<boolean> {
    try {
      let holds: boolean
      do {
        again = false
        holds = await oneRound()
      } while (again)
      return holds
    } catch (error) {
      if (!stopping.signal.aborted) log.error({ err: error }, 'ordering certificates failed; it is tried again')
      return false
    } finally {
      running = undefined
    }
  }

  async function oneRound(): Promise<boolean> {
    if (stopping.signal.aborted || !(await lease.hold())) return false
    // What this node read before it held the lease may be older than what the one before has ordered.
    await held.load()
    const current = settings()
    const lost = new AbortController()
    const keeping = setInterval(() => void keepLease(lost), 15_000)
    try {
      await orderDue(current, AbortSignal.any([stopping.signal, lost.signal]))
      for (const name of current.names) await report(name)
    } finally {
      clearInterval(keeping)
    }
    return true
  }

  /** Without the lease another node orders: two orders of one host would only cost, but the store decides who writes. */
  async function keepLease(lost: AbortController): Promise<void> {
    const kept = await lease.hold().catch(() => false)
    if (!kept) lost.abort(new AcmeFailure('store', 'the lease of the node that orders was lost'))
  }

  async function orderDue(current: AcmeSettings, signal: AbortSignal): Promise<void> {
    const requests = connect(current)
    await inParallel(parallelOrders, current.names, (name) => refreshRenewalTime(name, current, requests, signal))
    const due = current.names.filter((name) => isDue(held.recordOf(name), current.directory, now(), reloadedAt))
    if (due.length === 0) return
    let account: Account
    try {
      account = await openAccount(current, requests, accounts)
    } catch (error) {
      // One cause for all of them, such as a directory that does not answer.
      await failAll(due, current, error)
      return
    }
    await inParallel(parallelOrders, due, async (name) => {
      if (signal.aborted) return
      const attempt: { challenge?: ChallengeType } = {}
      try {
        await orderOne(name, current, requests, account, signal, attempt)
      } catch (error) {
        if (stopping.signal.aborted) return
        const failure = asFailure(error)
        if (failure.code === 'accountDoesNotExist') await forgetAccount(current, accounts)
        await fail(name, current, failure, attempt.challenge)
      }
    })
  }

  async function orderOne(
    name: string,
    current: AcmeSettings,
    requests: SignedRequests,
    account: Account,
    signal: AbortSignal,
    attempt: { challenge?: ChallengeType },
  ): Promise<void> {
    const before = held.recordOf(name)
    const replaced = before?.certificate?.directory === current.directory ? before.certificate : undefined
    const issued = await orderCertificate(name, {
      requests,
      account,
      challenges: inTurns(current.challenges, before?.failure?.count ?? 0),
      replaces: replaced && (await renewalId(replaced.cert).catch(() => undefined)),
      now,
      signal,
      onChallenge: (type) => (attempt.challenge = type),
      async publish(challenge) {
        await change(name, (one) => ({ ...one, challenge }))
        if (challenge !== undefined) await propagated()
      },
    })
    const renewAt = plannedRenewal(issued)
    const certificate: HeldCertificate = {
      ...issued,
      directory: current.directory,
      renewAt,
      askAgainAt: now(),
      warned: undefined,
    }
    await change(name, () => ({ name, certificate, challenge: undefined, failure: undefined }))
    const until = new Date(issued.notAfter).toISOString()
    log.info(
      { host: name, issuer: issued.issuer, until },
      before?.certificate ? 'a certificate was renewed' : 'a certificate was issued',
    )
    await refreshRenewalTime(name, current, requests, signal)
  }

  async function refreshRenewalTime(
    name: string,
    current: AcmeSettings,
    requests: SignedRequests,
    signal: AbortSignal,
  ): Promise<void> {
    const certificate = held.recordOf(name)?.certificate
    if (signal.aborted || certificate?.directory !== current.directory || now() < certificate.askAgainAt) return
    const { failure, ...time } = await askRenewalTime(certificate, requests, { now: now(), random: random(), signal })
    if (failure !== undefined) log.debug({ host: name, err: failure }, 'the authority did not say when to renew')
    // Of a certificate that was replaced meanwhile the answer says nothing.
    await change(name, (one) =>
      one.certificate?.cert === certificate.cert ? { ...one, certificate: { ...one.certificate, ...time } } : one,
    )
  }

  async function failAll(names: readonly string[], current: AcmeSettings, error: unknown): Promise<void> {
    const failure = asFailure(error)
    for (const name of names) await fail(name, current, failure, undefined, 'quietly')
    const { cause, mend } = explainFailure(failure, {
      name: 'the hosts',
      directory: current.directory,
      challenge: undefined,
    })
    log.error({ hosts: names, cause, mend }, 'no certificate could be ordered')
  }

  async function fail(
    name: string,
    { directory }: AcmeSettings,
    failure: AcmeFailure,
    challenge: ChallengeType | undefined,
    quietly?: 'quietly',
  ): Promise<void> {
    const explanation = explainFailure(failure, { name, directory, challenge })
    const after = await change(name, (one) => ({
      ...one,
      challenge: undefined,
      failure: nextFailure(one.failure, failure, explanation, { now: now(), random: random() }),
    }))
    const { count, nextAttempt } = after.failure!
    const next = new Date(nextAttempt).toISOString()
    if (quietly === undefined)
      log.error({ host: name, ...explanation, count, next }, 'a certificate could not be ordered')
    if (count === 1 && after.certificate === undefined) record(missingFinding(name, after.failure!, now()))
  }

  async function report(name: string): Promise<void> {
    const known = held.recordOf(name)
    const certificate = known?.certificate
    const warned = certificate && warningDue(certificate, known?.failure, now())
    if (certificate === undefined || warned === undefined) return
    await change(name, (one) => ({ ...one, certificate: one.certificate && { ...one.certificate, warned } }))
    const finding = expiryFinding(name, certificate, known?.failure, now())
    record(finding)
    log.error({ host: name, detail: finding.detail }, 'a certificate was not renewed in time')
  }

  /** Writes, then announces. Rejects when the store is unreachable. */
  async function change(name: string, next: (record: HostRecord) => HostRecord): Promise<HostRecord> {
    const none: HostRecord = { name, certificate: undefined, challenge: undefined, failure: undefined }
    const after = await records.change(name, (before) => next(before ?? none))
    await held.announce(after!)
    return after!
  }

  return {
    round: () => (running ??= rounds()),
    reloaded() {
      reloadedAt = now()
      again = true
    },
    async stop() {
      stopping.abort()
      await running
      await lease.release()
    },
  }
}

/** The second one after a failure of the first, as the port of one may be closed. */
function inTurns(challenges: readonly ChallengeType[], failures: number): readonly ChallengeType[] {
  const start = failures % challenges.length
  return [...challenges.slice(start), ...challenges.slice(0, start)]
}
