// Admin API for access reviews (recertification): list, draft and sign.

import {
  adminActor,
  ok,
  rejected,
  stringInput,
  unknownName,
  type ApiRoutes,
  type ApiResponse,
  type Input,
} from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'

export const reviewRoutes: ApiRoutes = {
  'GET /reviews': {
    describes: 'Of each app: when its access was last reviewed, and when the next review is due.',
    input: {},
    output: 'list of `{app, title, last, due}`',
    errors: {},
    handle: async (deps) => ok(await deps.reviews.statuses()),
  },
  'GET /reviews/draft': {
    describes: 'Who can reach an app and by what, for a review.',
    input: { app: 'text, required: name of the app' },
    output: '`{app, title, configuration, digest, lines: [{id, ...}], notes}`',
    errors: { 404: 'no such app' },
    handle: async (deps, input) => {
      const draft = await deps.reviews.draft(stringInput(input, 'app') ?? '')
      return draft === undefined ? appNotFound(deps, input) : ok(draft)
    },
  },
  'POST /reviews/sign': {
    describes: 'Signs a review: some lines end, all others are kept. Grants given at run time end at once.',
    input: {
      app: 'text, required: name of the app',
      reviewer: 'text of at most 200 characters, required: who signs',
      end: 'list of ids of lines, required: those that end; `[]` keeps all',
      digest: 'text: of the draft that was looked at; without it, the present one is signed',
      language: '`en` or `de`, of the signed file; `en` without it',
    },
    output: '`{state: "signed", review: {file, sha256, kept, ended, ...}, takeOut: [...]}`',
    errors: {
      400: 'a field is missing or names an unknown line, or access has changed since the draft',
      404: 'no such app',
    },
    handle: sign,
  },
}

/** Input `end`: ids of the lines whose access ends; all others are kept. */
async function sign(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const app = stringInput(input, 'app') ?? ''
  const reviewer = stringInput(input, 'reviewer')
  const digest = stringInput(input, 'digest')
  const end = input['end']
  if (reviewer === undefined || reviewer.length > 200)
    return rejected(400, 'reviewer: required, a name of at most 200 characters')
  if (!Array.isArray(end)) return rejected(400, 'end: required, an array of line ids')
  const draft = await deps.reviews.draft(app)
  if (draft === undefined) return appNotFound(deps, input)
  const unknown = end.find((id) => !draft.lines.some((line) => line.id === id))
  if (unknown !== undefined) return rejected(400, `end: no line ${String(unknown)} in this review`)
  const signed = await deps.reviews.sign(app, {
    digest: digest ?? draft.digest,
    decisions: new Map(draft.lines.map(({ id }) => [id, end.includes(id) ? 'end' : 'keep'])),
    reviewer: { name: reviewer, account: undefined, secondFactor: undefined },
    actor: { ...adminActor, name: `${adminActor.name}: ${reviewer}` },
    language: input['language'] === 'de' ? 'de' : 'en',
  })
  if (signed.state === 'signed') return ok(signed)
  return rejected(400, 'access to this app has changed since the draft; fetch it again')
}

function appNotFound(deps: Dependencies, input: Input): ApiResponse {
  return rejected(
    404,
    unknownName('app', 'app', stringInput(input, 'app') ?? '', deps.activeConfig().configuration.apps.keys()),
  )
}
