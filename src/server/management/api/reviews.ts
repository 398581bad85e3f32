// Reviews at the admin socket: who can reach an app, and signing as an administrator.

import {
  adminActor,
  ok,
  rejected,
  stringInput,
  unknownName,
  type ApiHandler,
  type ApiResponse,
  type Input,
} from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'

export const reviewRoutes: Readonly<Record<string, ApiHandler>> = {
  'GET /reviews': async (parts) => ok(await parts.reviews.standing()),
  'GET /reviews/draft': async (parts, input) => {
    const draft = await parts.reviews.draft(stringInput(input, 'app') ?? '')
    return draft === undefined ? appNotFound(parts, input) : ok(draft)
  },
  'POST /reviews/sign': sign,
}

/** `end`: ids of lines; all others are kept. */
async function sign(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const app = stringInput(input, 'app') ?? ''
  const reviewer = stringInput(input, 'reviewer')
  const digest = stringInput(input, 'digest')
  const end = input['end']
  if (reviewer === undefined || reviewer.length > 200) return rejected(400, 'reviewer: who signs?')
  if (!Array.isArray(end)) return rejected(400, 'end: a list of lines')
  const draft = await deps.reviews.draft(app)
  if (draft === undefined) return appNotFound(deps, input)
  const strange = end.find((id) => !draft.lines.some((line) => line.id === id))
  if (strange !== undefined) return rejected(400, `there is no line ${String(strange)} in this review`)
  const signed = await deps.reviews.sign(app, {
    digest: digest ?? draft.digest,
    decisions: new Map(draft.lines.map(({ id }) => [id, end.includes(id) ? 'end' : 'keep'])),
    reviewer: { name: reviewer, account: undefined, secondFactor: undefined },
    actor: { ...adminActor, name: `${adminActor.name}: ${reviewer}` },
    language: input['language'] === 'de' ? 'de' : 'en',
  })
  if (signed.state === 'signed') return ok(signed)
  return rejected(400, 'who can reach this app has changed meanwhile: look at it again')
}

function appNotFound(deps: Dependencies, input: Input): ApiResponse {
  return rejected(
    404,
    unknownName('app', 'app', stringInput(input, 'app') ?? '', deps.activeConfig().configuration.apps.keys()),
  )
}
