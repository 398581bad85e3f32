// Admin API for sealed emergency codes: list, create and revoke.

import { isTimestamp } from '../../../grants/validate-grant.ts'
import { CodeRejected } from '../../../grants/emergency/codes.ts'
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

export const emergencyCodeRoutes: ApiRoutes = {
  'GET /emergency': {
    describes: 'Emergency codes: used, unused, expired and revoked ones, never the codes themselves.',
    input: {},
    output: 'list of `{id, app, duration, createdAt, createdBy, expiresAt, used, revokedAt}`',
    errors: {},
    handle: async (deps) => ok(await deps.emergency.list()),
  },
  'POST /emergency': {
    describes: 'Makes an emergency code for one app. This answer is the only place that contains it.',
    input: {
      app: 'text, required: name of the app',
      duration: 'number, required: milliseconds the access lasts from when the code is used',
      expiresAt: 'number, required: epoch milliseconds at which the unused code expires',
    },
    output: '`{code, record}`; `record` as in the list',
    errors: {
      400: 'no such app, a field missing, or the configuration does not allow such a code',
    },
    handle: createCode,
  },
  'POST /emergency/revoke': {
    describes: 'Revokes a code that was not used.',
    input: { id: 'text, required: id of the code' },
    output: '`{revoked: id}`',
    errors: { 404: 'no such code, or it was used or revoked already' },
    handle: async (deps, input) => {
      const id = stringInput(input, 'id') ?? ''
      return (await deps.emergency.revoke(id, adminActor))
        ? ok({ revoked: id })
        : rejected(404, `no revocable code ${id}; see "einlass emergency list"`)
    },
  },
}

async function createCode(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const app = stringInput(input, 'app')
  const { duration, expiresAt } = input
  const { apps } = deps.activeConfig().configuration
  if (app === undefined || !apps.has(app)) return rejected(400, unknownName('app', 'app', app ?? '', apps.keys()))
  if (!Number.isSafeInteger(duration) || !isTimestamp(expiresAt))
    return rejected(400, 'duration, expiresAt: required, milliseconds and Unix time in milliseconds')
  try {
    return ok(await deps.emergency.create({ app, duration: duration as number, expiresAt }, adminActor))
  } catch (error) {
    if (error instanceof CodeRejected) return rejected(400, error.message)
    throw error
  }
}
