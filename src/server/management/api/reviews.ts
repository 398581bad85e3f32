// Reviews at the admin socket: who can reach an app, and signing as an administrator.

import { administrator, done, refused, text, unknown, type Act, type Answered, type Input } from './response.ts'
import type { Parts } from '../../../gateway/dependencies.ts'

export const reviewActs: Readonly<Record<string, Act>> = {
  'GET /reviews': async (parts) => done(await parts.reviews.standing()),
  'GET /reviews/draft': async (parts, input) => {
    const draft = await parts.reviews.draft(text(input, 'app') ?? '')
    return draft === undefined ? noApp(parts, input) : done(draft)
  },
  'POST /reviews/sign': sign,
}

/** `end`: ids of lines; all others are kept. */
async function sign(parts: Parts, input: Input): Promise<Answered> {
  const app = text(input, 'app') ?? ''
  const reviewer = text(input, 'reviewer')
  const digest = text(input, 'digest')
  const end = input['end']
  if (reviewer === undefined || reviewer.length > 200) return refused(400, 'reviewer: who signs?')
  if (!Array.isArray(end)) return refused(400, 'end: a list of lines')
  const draft = await parts.reviews.draft(app)
  if (draft === undefined) return noApp(parts, input)
  const strange = end.find((id) => !draft.lines.some((line) => line.id === id))
  if (strange !== undefined) return refused(400, `there is no line ${String(strange)} in this review`)
  const signed = await parts.reviews.sign(app, {
    digest: digest ?? draft.digest,
    decisions: new Map(draft.lines.map(({ id }) => [id, end.includes(id) ? 'end' : 'keep'])),
    reviewer: { name: reviewer, account: undefined, secondFactor: undefined },
    actor: { ...administrator, name: `${administrator.name}: ${reviewer}` },
    language: input['language'] === 'de' ? 'de' : 'en',
  })
  if (signed.state === 'signed') return done(signed)
  return refused(400, 'who can reach this app has changed meanwhile: look at it again')
}

function noApp(parts: Parts, input: Input): Answered {
  return refused(404, unknown('app', 'app', text(input, 'app') ?? '', parts.applied().configuration.apps.keys()))
}
