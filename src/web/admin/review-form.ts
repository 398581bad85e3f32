// Form of an access review: the answers in its fields, and how they travel through a sign-in.

import { attentionTo } from '../../grants/reviews/attention.ts'
import type { Draft } from '../../grants/reviews/reviews.ts'
import type { Decisions } from '../../grants/reviews/saved-answers.ts'
import type { DraftFields } from '../../identity/oidc/form-drafts.ts'
import type { Fields } from '../kit/form.ts'

/** Fields `line-ID`, `keep` or `end`. */
export function decisionsOf({ lines }: Draft, fields: Fields): Decisions {
  const found = new Map<string, 'keep' | 'end'>()
  for (const { id } of lines) {
    const value = fields(`line-${id}`)
    if (value === 'keep' || value === 'end') found.set(id, value)
  }
  return found
}

/** Those that somebody gave: what a line keeps by default today may ask for an answer next week. */
export function explicitOf({ lines, notes }: Draft, decisions: Decisions, now: number): Decisions {
  const byDefault = new Set(lines.filter((line) => attentionTo(line, { notes, now }).length === 0).map(({ id }) => id))
  return new Map([...decisions].filter(([id, decision]) => decision === 'end' || !byDefault.has(id)))
}

const idLength = 10

/**
 * Answers of a reviewer whose session has ended, for the cookie that carries them through the sign-in: only ids, since a
 * stranger may send this form too and no list of lines is made for strangers.
 */
export function packedAnswers({ fields, names }: { fields: Fields; names: readonly string[] }): DraftFields {
  const ids = (decision: string): string =>
    names
      .filter((name) => /^line-[0-9a-f]{10}$/.test(name) && fields(name) === decision)
      .map((name) => name.slice('line-'.length))
      .join('')
  return { digest: fields('digest')?.slice(0, 64) ?? '', keep: ids('keep'), end: ids('end') }
}

/** Undefined where the lines are others than those that were answered. */
export function unpackedAnswers({ digest, lines }: Draft, packed: DraftFields): Decisions | undefined {
  if (packed['digest'] !== digest) return undefined
  const found = new Map<string, 'keep' | 'end'>()
  const known = new Set(lines.map(({ id }) => id))
  for (const decision of ['keep', 'end'] as const) {
    const ids = packed[decision] ?? ''
    for (let at = 0; at < ids.length; at += idLength) {
      const id = ids.slice(at, at + idLength)
      if (known.has(id)) found.set(id, decision)
    }
  }
  return found
}
