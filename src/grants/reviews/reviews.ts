// Access reviews (recertification): draft, decisions per line, signed file, due dates.

import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Actor, Recorder } from '../../audit/event.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import type { SeenUser } from '../external/register.ts'
import type { Grants } from '../grants.ts'
import { openReviewFile, type DecidedLine, type ReviewContent, type Reviewer } from './signed-file.ts'
import { resolveReview, type ResolvedReview } from './resolve.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { createPendingReviews, type PendingEnds } from './pending-ends.ts'
import { createSavedAnswers, type RestoredAnswers, type SavedAnswers } from './saved-answers.ts'
import type { ReviewLine } from './lines.ts'
import type { Outcome, ReviewLanguage } from './messages.ts'

export interface Draft extends ResolvedReview {
  readonly app: string
  readonly title: string
  readonly configuration: string
  /** Digest of the lines: signing fails when they have changed since the draft. */
  readonly digest: string
}

export interface LastReview {
  readonly at: number
  readonly by: string
  readonly file: string
  readonly sha256: string
  readonly kept: number
  readonly ended: number
}

export interface ReviewStatus {
  readonly app: string
  readonly title: string
  readonly last: LastReview | undefined
  /** Epoch milliseconds; now or earlier when overdue or never reviewed. */
  readonly due: number
}

export type Signed =
  | { readonly state: 'signed'; readonly review: LastReview; readonly takeOut: readonly string[] }
  /** The lines have changed since the draft. */
  | { readonly state: 'changed' }
  | { readonly state: 'undecided'; readonly lines: readonly string[] }
  | { readonly state: 'unknown_app' }

export interface Signature {
  readonly digest: string
  /** By line id. */
  readonly decisions: ReadonlyMap<string, 'keep' | 'end'>
  readonly reviewer: Reviewer
  readonly actor: Actor
  readonly language: ReviewLanguage
}

export interface Reviews {
  /** Answers of reviewers who have not signed yet. */
  readonly answers: Pick<SavedAnswers, 'save'> & {
    restore(draft: Draft, account: string): Promise<RestoredAnswers | undefined>
    savedAt(status: ReviewStatus, account: string): Promise<number | undefined>
  }
  /** Undefined for an unknown app. Rejects when the store is unreachable. */
  draft(app: string): Promise<Draft | undefined>
  /**
   * Writes the file, then revokes grants and records the review. Rejects when the file cannot be written; then nothing is
   * revoked. What a crash or an unreachable store leaves open after that is completed by `resume`.
   */
  sign(app: string, signature: Signature): Promise<Signed>
  /** All apps, earliest due date first. */
  statuses(): Promise<readonly ReviewStatus[]>
  /** Completes signed reviews whose revocations a failed node left behind. Called every few seconds; never rejects. */
  resume(): Promise<void>
}

export interface ReviewsDependencies {
  readonly configuration: () => Configuration
  readonly grants: Pick<Grants, 'all' | 'revoke'>
  readonly people: { all(): Promise<readonly SeenUser[]> }
  readonly store: Pick<Store, 'get' | 'set' | 'remove' | 'addMember' | 'removeMember' | 'members'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: Logger
}

const day = 24 * 3_600_000
/** Milliseconds the last review of an app is kept: longer than any interval. */
const retention = 3 * 366 * day

export function createReviews({
  configuration,
  grants,
  people,
  store,
  seal,
  record,
  now,
  log,
}: ReviewsDependencies): Reviews {
  async function draft(name: string): Promise<Draft | undefined> {
    const current = configuration()
    const app = current.apps.get(name)
    if (app === undefined) return undefined
    const resolved = resolveReview(app, {
      configuration: current,
      grants: grants.all(),
      people: await people.all(),
      now: now(),
    })
    return { ...resolved, app: name, title: app.title, configuration: current.hash, digest: digestOf(resolved.lines) }
  }

  async function last(app: string): Promise<LastReview | undefined> {
    const name = key(app)
    const text = await store.get(name)
    const plain = text === undefined ? undefined : seal.open('review', name, text)
    return plain === undefined ? undefined : (JSON.parse(plain) as LastReview)
  }

  /** What signing does with a line that ends, known before the file is written. */
  function outcomeOf(line: ReviewLine): Outcome {
    if (line.declaredAt !== undefined || line.grant === undefined) return 'take_out'
    const grant = grants.all().find(({ id }) => id === line.grant)
    return grant === undefined || grant.revokedAt !== undefined || grant.until <= now() ? 'over_already' : 'revoked'
  }

  const pending = createPendingReviews({
    store,
    seal,
    grants,
    record,
    now,
    log,
    async saveLast({ at, review: { app, takeOut: _takeOut, ...rest } }) {
      await store.set(key(app), seal.seal('review', key(app), JSON.stringify({ at, ...rest })), retention)
    },
  })

  const answers = createSavedAnswers({ store, seal, now })

  return {
    draft,
    answers: {
      save: answers.save,
      restore: async ({ app, lines }, account) => answers.restore(app, account, lines, (await last(app))?.at),
      savedAt: ({ app, last: signed }, account) => answers.savedAt(app, account, signed?.at),
    },
    resume: pending.resume,
    async sign(name, { digest, decisions, reviewer, actor, language }) {
      const drawn = await draft(name)
      if (drawn === undefined) return { state: 'unknown_app' }
      if (drawn.digest !== digest) return { state: 'changed' }
      const open = drawn.lines.filter(({ id }) => !decisions.has(id))
      if (open.length > 0) return { state: 'undecided', lines: open.map(({ id }) => id) }
      const at = now()
      const file = await openReviewFile(folderOf(configuration()), iso(at).slice(0, 10), name)
      const lines: DecidedLine[] = drawn.lines.map((line) => {
        const decision = decisions.get(line.id)!
        return { ...line, decision, outcome: decision === 'end' ? outcomeOf(line) : undefined }
      })
      const { app, title, configuration: hash, notes } = drawn
      const content: ReviewContent = { format: 1, app, title, configuration: hash, lines, notes, reviewer, at: iso(at) }
      let sha256: string
      try {
        sha256 = await file.write(content, language)
      } catch (error) {
        await file.discard()
        throw error
      }
      const ended = lines.filter(({ decision }) => decision === 'end')
      const review = {
        at,
        by: reviewer.name,
        file: file.name,
        sha256,
        kept: lines.length - ended.length,
        ended: ended.length,
      }
      const takeOut = ended.filter(({ outcome }) => outcome === 'take_out').map(({ declaredAt }) => declaredAt ?? '')
      const revoked = ended.flatMap(({ outcome, grant }) => (outcome === 'revoked' ? (grant ?? []) : []))
      // The file is on disk: only now does access end.
      const ends: PendingEnds = {
        grants: revoked,
        actor,
        event: { kind: 'review', at, actor, review: { app: name, ...withoutTime(review), takeOut: takeOut.length } },
      }
      await pending.complete(await pending.add(ends), ends)
      // Signed: what stays is older than the review and is never restored.
      if (reviewer.account !== undefined) await answers.discard(name, reviewer.account).catch(() => {})
      return { state: 'signed', review, takeOut: [...new Set(takeOut)].filter((place) => place !== '') }
    },
    async statuses() {
      const { apps, console: settings } = configuration()
      const every = settings?.reviewEvery ?? 180 * day
      const all = await Promise.all(
        [...apps.values()].map(async ({ name, title }): Promise<ReviewStatus> => {
          const review = await last(name)
          return { app: name, title, last: review, due: review === undefined ? now() : review.at + every }
        }),
      )
      return all.toSorted((one, other) => one.due - other.due || (one.app < other.app ? -1 : 1))
    },
  }
}

/** Next to the audit file; without one, next to the configuration file. */
function folderOf({ audit, file }: Configuration): string {
  return join(dirname(audit.file?.path ?? file), 'reviews')
}

function withoutTime<T extends { readonly at: number }>({ at: _at, ...rest }: T): Omit<T, 'at'> {
  return rest
}

/** Without `lastUsed`, which may change between draft and signature. */
function digestOf(lines: readonly ReviewLine[]): string {
  const lasting = lines.map(({ lastUsed: _lastUsed, ...line }) => line)
  return createHash('sha256').update(JSON.stringify(lasting)).digest('hex').slice(0, 32)
}

function key(app: string): string {
  return `review:${app}`
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
