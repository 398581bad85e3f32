// Writes a signed access review for auditors: JSON with its SHA-256, and the same content as Markdown.

import { createHash } from 'node:crypto'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { hasEnd, lastDayOf } from '../../policy/grant-period.ts'
import type { ReviewLine } from './lines.ts'
import type { ReviewNote } from './notes.ts'
import { formatNote, reviewMessages, formatAccessPath, type Outcome, type ReviewLanguage } from './messages.ts'

export interface DecidedLine extends ReviewLine {
  readonly decision: 'keep' | 'end' | undefined
  /** Set when the decision is `end`. */
  readonly outcome: Outcome | undefined
}

export interface ReviewContent {
  readonly format: 1
  readonly app: string
  readonly title: string
  /** Hash of the configuration that was reviewed. */
  readonly configuration: string
  readonly lines: readonly DecidedLine[]
  readonly notes: readonly ReviewNote[]
  /** Undefined for an unsigned report. */
  readonly reviewer: Reviewer | undefined
  /** ISO 8601. */
  readonly at: string
}

export interface Reviewer {
  readonly name: string
  /** `provider|sub`; undefined for an administrator of the admin socket, who states a name. */
  readonly account: string | undefined
  /** Time of the second factor in ISO 8601; undefined: no fresh one. */
  readonly secondFactor: string | undefined
}

export interface ReviewFile {
  /** File name of the JSON; the Markdown beside it ends in `.md`. */
  readonly name: string
  write(content: ReviewContent, language: ReviewLanguage): Promise<string>
  /** Removes the file after a failure. */
  discard(): Promise<void>
}

/** Input of the SHA-256: the value of `content` as one line of JSON without whitespace. */
export function canonicalOf(content: ReviewContent): string {
  return JSON.stringify(content)
}

export function hashOfReview(content: ReviewContent): string {
  return createHash('sha256').update(canonicalOf(content)).digest('hex')
}

/** Opened and written before any change, so that no change happens that is not documented. Rejects with the system error. */
export async function openReviewFile(folder: string, day: string, app: string): Promise<ReviewFile> {
  await mkdir(folder, { recursive: true, mode: 0o750 })
  for (let number = 1; ; number++) {
    const base = `${day}-${app}${number === 1 ? '' : `-${number}`}`
    const json = await openNew(join(folder, `${base}.json`))
    if (json === undefined) continue
    return {
      name: `${base}.json`,
      async write(content, language) {
        const sha256 = hashOfReview(content)
        await put(json, `{"sha256":"${sha256}","content":${canonicalOf(content)}}\n`)
        const text = await open(join(folder, `${base}.md`), 'w', 0o640)
        await put(text, reviewMarkdown(content, sha256, language))
        return sha256
      },
      async discard() {
        await json.close().catch(() => {})
        await rm(join(folder, `${base}.json`), { force: true })
        await rm(join(folder, `${base}.md`), { force: true }).catch(() => {})
      },
    }
  }
}

export function reviewMarkdown(content: ReviewContent, sha256: string | undefined, language: ReviewLanguage): string {
  const words = reviewMessages[language]
  const { lines, notes, reviewer } = content
  const head =
    reviewer === undefined
      ? []
      : [
          `- ${words.reviewer}: ${flat(reviewer.name)}${reviewer.account === undefined ? '' : ` (${flat(reviewer.account)})`}`,
          `- ${words.signed}: ${content.at}, ${words.factor(reviewer.secondFactor)}`,
        ]
  const columns = [
    words.who,
    words.way,
    words.besides,
    words.until,
    words.lastUsed,
    reviewer === undefined ? words.line : words.decision,
  ]
  const rows = lines.map((line) => [
    who(line, words.external),
    formatAccessPath(line, language),
    line.besides.join('; '),
    endOf(line),
    line.lastUsed === undefined ? words.never : day(line.lastUsed),
    line.decision === undefined
      ? `${line.id}${line.declaredAt === undefined ? '' : ` ${line.declaredAt}`}`
      : line.decision === 'keep'
        ? words.keep
        : words.outcomes[line.outcome ?? 'take_out'](line.declaredAt ?? ''),
  ])
  const table = [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.map(flat).join(' | ')} |`)
  return [
    `# ${flat(words.heading(content.title))}`,
    '',
    ...head,
    `- ${words.configuration}: ${content.configuration}`,
    ...(sha256 === undefined ? [] : [`- SHA-256: ${sha256}`]),
    '',
    ...(lines.length === 0 ? [words.noUsers] : table),
    ...(notes.length === 0
      ? []
      : ['', `## ${words.readWith}`, '', ...notes.map((note) => `- ${flat(formatNote(note, language))}`)]),
    '',
  ].join('\n')
}

function who({ name, email, who: account, external }: ReviewLine, word: string): string {
  const called = name === undefined ? (email ?? account) : email === undefined ? name : `${name} (${email})`
  return external ? `${called}, ${word}` : called
}

/** Escapes Markdown: a name must not end a table cell or begin a heading or link. */
function flat(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
    .replaceAll(/[\\|<>`[\]]/g, (mark) => `\\${mark}`)
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** The last day of access; empty for a rule and for a grant without an end. */
function endOf({ until, timeZone }: ReviewLine): string {
  if (until === undefined || !hasEnd({ until })) return ''
  return lastDayOf({ until, timeZone })?.toString() ?? day(until)
}

async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o640)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

async function put(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
