// Sealed emergency codes at the admin socket: making them, which there are, and taking them back.

import { CodeRejected } from '../../../grants/emergency/codes.ts'
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

export const emergencyCodeRoutes: Readonly<Record<string, ApiHandler>> = {
  'GET /emergency': async (parts) => ok(await parts.emergency.list()),
  'POST /emergency': createCode,
  'POST /emergency/revoke': async (parts, input) => {
    const id = stringInput(input, 'id') ?? ''
    return (await parts.emergency.revoke(id, adminActor))
      ? ok({ revoked: id })
      : rejected(404, `no code ${id} can be revoked; "einlass emergency list" shows which there are`)
  },
}

async function createCode(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const app = stringInput(input, 'app')
  const { duration, expiresAt } = input
  const { apps } = deps.activeConfig().configuration
  if (app === undefined || !apps.has(app)) return rejected(400, unknownName('app', 'app', app ?? '', apps.keys()))
  if (typeof duration !== 'number' || typeof expiresAt !== 'number')
    return rejected(400, 'for how long, and until when?')
  try {
    return ok(await deps.emergency.create({ app, duration, expiresAt }, adminActor))
  } catch (error) {
    if (error instanceof CodeRejected) return rejected(400, error.message)
    throw error
  }
}
