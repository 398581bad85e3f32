// Sealed emergency codes at the admin socket: making them, which there are, and taking them back.

import { CodeRefused } from '../../../grants/emergency/codes.ts'
import { administrator, done, refused, text, unknown, type Act, type Answered, type Input } from './response.ts'
import type { Parts } from '../../../gateway/dependencies.ts'

export const emergencyActs: Readonly<Record<string, Act>> = {
  'GET /emergency': async (parts) => done(await parts.emergency.list()),
  'POST /emergency': createCode,
  'POST /emergency/revoke': async (parts, input) => {
    const id = text(input, 'id') ?? ''
    return (await parts.emergency.revoke(id, administrator))
      ? done({ revoked: id })
      : refused(404, `no code ${id} can be revoked; "einlass emergency list" shows which there are`)
  },
}

async function createCode(parts: Parts, input: Input): Promise<Answered> {
  const app = text(input, 'app')
  const { duration, expiresAt } = input
  const { apps } = parts.applied().configuration
  if (app === undefined || !apps.has(app)) return refused(400, unknown('app', 'app', app ?? '', apps.keys()))
  if (typeof duration !== 'number' || typeof expiresAt !== 'number')
    return refused(400, 'for how long, and until when?')
  try {
    return done(await parts.emergency.create({ app, duration, expiresAt }, administrator))
  } catch (error) {
    if (error instanceof CodeRefused) return refused(400, error.message)
    throw error
  }
}
