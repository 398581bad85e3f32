// `einlass review`: access review of an app (who has access, by which rule or grant), and its signature.

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { reviewMarkdown, type ReviewContent } from '../grants/reviews/signed-file.ts'
import type { Draft, Signed, ReviewStatus } from '../grants/reviews/reviews.ts'
import { callApi, errorOf, socketHelp, socketOptions, socketPath } from './admin-client.ts'
import { json } from './json.ts'
import { escapeControls } from './table.ts'
import { command, UsageError } from './parse-arguments.ts'

export const review = command(
  {
    name: 'review',
    usage:
      'einlass review --app APP | --all [--out FILE] [--keep-all | --end LINE]... [--reviewer NAME] [--socket PATH | --config FILE] [--json]',
    help: `Prints who has access to an app and by which rule or grant, recent use, and unused access. The
policy is evaluated for every user who ever signed in; the review states what is unknown.

  --app APP        one app; --all: all apps
  --out FILE       write to a file; JSON if the name ends in .json
  --language de    German; default en

Without further options nothing is decided. To decide and sign:
  --reviewer NAME  name of the reviewer
  --keep-all       keep every line; or
  --end LINE       end this line and keep all others (repeatable): run-time grants end
                   immediately, entries of the configuration must be removed there

The signed review is a file in the folder reviews beside the audit file. The pages at
/admin/reviews offer the same, line by line.

${socketHelp}`,
    options: {
      ...socketOptions,
      app: { type: 'string' },
      all: { type: 'boolean' },
      out: { type: 'string' },
      language: { type: 'string' },
      'keep-all': { type: 'boolean' },
      end: { type: 'string', multiple: true },
      reviewer: { type: 'string' },
    },
  },
  async (values, io) => {
    const { app, all, out, language = 'en', end = [], reviewer } = values
    const keepAll = values['keep-all'] === true
    if ((app === undefined) === (all !== true)) throw new UsageError('expected either --app APP or --all')
    if (language !== 'en' && language !== 'de') throw new UsageError('--language: expected en or de')
    const signs = keepAll || end.length > 0
    if (keepAll && end.length > 0) throw new UsageError('--keep-all and --end exclude each other')
    if (signs && app === undefined) throw new UsageError('missing --app: only one app can be signed at a time')
    if (signs !== (reviewer !== undefined)) {
      throw new UsageError(signs ? 'missing --reviewer' : '--reviewer requires --keep-all or --end')
    }
    if (signs && out !== undefined)
      throw new UsageError('--out: not with --keep-all or --end; the signed review is stored beside the audit file')

    const socket = await socketPath(values, io)
    if (signs) {
      const called = await callApi(socket, 'POST', '/reviews/sign', { app, end, reviewer, language })
      if (called.status !== 200) return (io.stderr(`einlass review: ${errorOf(called)}\n`), 1)
      const signed = called.value as Extract<Signed, { state: 'signed' }>
      const { file, sha256, kept, ended } = signed.review
      if (values.json) io.stdout(json(signed))
      else {
        io.stdout(`signed ${escapeControls(app)}: ${kept} kept, ${ended} to end; reviews/${file}, SHA-256 ${sha256}\n`)
        for (const place of signed.takeOut) io.stdout(`remove from the configuration: ${escapeControls(place)}\n`)
      }
      return 0
    }
    const drafts: Draft[] = []
    for (const name of app === undefined ? await namesOf(socket) : [app]) {
      const called = await callApi(socket, 'GET', `/reviews/draft?${new URLSearchParams({ app: name })}`)
      if (called.status !== 200) return (io.stderr(`einlass review: ${errorOf(called)}\n`), 1)
      drafts.push(withoutNull(called.value) as Draft)
    }
    const forPrograms = values.json === true || out?.endsWith('.json') === true
    const written = forPrograms
      ? json(app === undefined ? drafts : drafts[0])
      : drafts.map((draft) => reviewMarkdown(contentOf(draft), undefined, language)).join('\n')
    if (out === undefined) io.stdout(written)
    else await writeFile(resolve(io.cwd, out), written, { mode: 0o600 })
    return 0
  },
)

async function namesOf(socket: string): Promise<readonly string[]> {
  const called = await callApi(socket, 'GET', '/reviews')
  if (called.status !== 200) throw new Error(errorOf(called))
  return (called.value as readonly ReviewStatus[]).map(({ app }) => app).toSorted()
}

function contentOf({ app, title, configuration, lines, notes }: Draft): ReviewContent {
  const undecided = lines.map((line) => ({ ...line, decision: undefined, outcome: undefined }))
  return { format: 1, app, title, configuration, lines: undecided, notes, reviewer: undefined, at: '' }
}

/** Absent values are null in responses of the gateway. */
function withoutNull(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, one: unknown) => one ?? undefined)
}
