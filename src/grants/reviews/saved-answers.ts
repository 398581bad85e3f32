// Answers of a reviewer who has not signed yet: kept sealed in the store for the same reviewer, and never put into effect.

import { createHash } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import type { ReviewLine } from './lines.ts'

export type Decisions = ReadonlyMap<string, 'keep' | 'end'>

export interface RestoredAnswers {
  /** Epoch milliseconds. */
  readonly at: number
  readonly decisions: Decisions
  /** Number of answers whose line is gone or has changed: they hold for what was shown, and for nothing else. */
  readonly dropped: number
}

/** `account`: `provider|sub` of the reviewer. All reject with `StoreUnreachable`. */
export interface SavedAnswers {
  /** Replaces what this reviewer saved before; without a decision it is removed. */
  save(app: string, account: string, lines: readonly ReviewLine[], decisions: Decisions): Promise<void>
  /** Undefined: nothing saved, expired, or older than `signedAt`, the last review of the app. */
  restore(
    app: string,
    account: string,
    lines: readonly ReviewLine[],
    signedAt: number | undefined,
  ): Promise<RestoredAnswers | undefined>
  /** When this reviewer saved; undefined as for `restore`. */
  savedAt(app: string, account: string, signedAt: number | undefined): Promise<number | undefined>
  discard(app: string, account: string): Promise<void>
}

interface Saved {
  readonly at: number
  /** By id and content of the line. */
  readonly answers: Readonly<Record<string, 'keep' | 'end'>>
}

const purpose = 'review-answers'
/** Milliseconds from the last saving. */
export const answerRetention = 14 * 24 * 3_600_000

export function createSavedAnswers({
  store,
  seal,
  now,
}: {
  readonly store: Pick<Store, 'get' | 'set' | 'remove'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): SavedAnswers {
  async function read(app: string, account: string, signedAt = -Infinity): Promise<Saved | undefined> {
    const key = keyOf(app, account)
    const text = await store.get(key)
    const plain = text === undefined ? undefined : seal.open(purpose, key, text)
    const saved = plain === undefined ? undefined : (JSON.parse(plain) as Saved)
    return saved !== undefined && saved.at > signedAt && saved.at > now() - answerRetention ? saved : undefined
  }

  return {
    async save(app, account, lines, decisions) {
      const key = keyOf(app, account)
      const answers = lines.flatMap((line) => {
        const decision = decisions.get(line.id)
        return decision === undefined ? [] : [[contentKey(line), decision] as const]
      })
      if (answers.length === 0) return void (await store.remove(key))
      const text = JSON.stringify({ at: now(), answers: Object.fromEntries(answers) } satisfies Saved)
      await store.set(key, seal.seal(purpose, key, text), answerRetention)
    },
    async restore(app, account, lines, signedAt) {
      const saved = await read(app, account, signedAt)
      if (saved === undefined) return undefined
      const decisions = new Map<string, 'keep' | 'end'>()
      for (const line of lines) {
        const answer = saved.answers[contentKey(line)]
        if (answer !== undefined) decisions.set(line.id, answer)
      }
      return { at: saved.at, decisions, dropped: Object.keys(saved.answers).length - decisions.size }
    },
    async savedAt(app, account, signedAt) {
      return (await read(app, account, signedAt))?.at
    },
    async discard(app, account) {
      await store.remove(keyOf(app, account))
    },
  }
}

/** Without the last use, as in the digest of a draft. */
function contentKey({ lastUsed: _lastUsed, ...line }: ReviewLine): string {
  return `${line.id}.${digest(JSON.stringify(line))}`
}

function keyOf(app: string, account: string): string {
  return `${purpose}:${app}:${digest(account)}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
