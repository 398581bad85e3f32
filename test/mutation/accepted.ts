// Reviewed survivors (accepted.yaml): finds the entry for a mutant, and entries that no longer describe one.

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

/** By the text of the line and of the change, not by number: other changes of the file leave the entry valid. */
const entry = z.strictObject({
  /** The source line on which the change begins, without indentation. */
  line: z.string(),
  /** What was changed, where the line has several expressions that change alike. */
  from: z.string().optional(),
  /** The changed expression, or several for one reason, with runs of white space as one space. */
  to: z.union([z.string(), z.array(z.string())]),
  /** `equivalent`: no behaviour differs. `accepted`: behaviour differs, but not in a way that anything depends on. */
  kind: z.enum(['equivalent', 'accepted']),
  why: z.string(),
})
const file = z.record(z.string(), z.array(entry))

export type Accepted = z.infer<typeof entry> & { readonly file: string }

export function readAccepted(path: URL): readonly Accepted[] {
  const files = file.parse(parse(readFileSync(path, 'utf8')) ?? {})
  return Object.entries(files).flatMap(([name, entries]) => entries.map((one) => ({ ...one, file: name })))
}

/** `file`: relative path; `line`: its text; `from` and `to`: the expression before and after. */
export function acceptedFor(
  entries: readonly Accepted[],
  mutant: { readonly file: string; readonly line: string; readonly from: string; readonly to: string },
): Accepted | undefined {
  return entries.find(
    (one) =>
      one.file === mutant.file &&
      one.line === mutant.line.trim() &&
      (one.from === undefined || one.from === oneLine(mutant.from)) &&
      changesOf(one).includes(oneLine(mutant.to)),
  )
}

/** Entries whose line is no longer in the file. */
export function staleEntries(entries: readonly Accepted[], sources: ReadonlyMap<string, string>): readonly Accepted[] {
  return entries.filter(({ file: name, line }) => {
    const lines = sources.get(name)?.split('\n') ?? []
    return !lines.some((text) => text.trim() === line)
  })
}

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

function changesOf({ to }: Accepted): readonly string[] {
  return (typeof to === 'string' ? [to] : to).map(oneLine)
}
