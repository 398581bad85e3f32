// Public paths of an app: method and path for which no sign-in is needed.

import type { App } from '../config/configuration.ts'
import { matchesPath } from '../policy/conditions/action.ts'
import { sourceMethod } from '../policy/two-paths.ts'

/** `method` as returned by `policyMethod`, paths canonical. With a destination (COPY, MOVE), both must be public. */
export function isPublicPath(
  app: Pick<App, 'public'>,
  method: string,
  path: string,
  destination?: string | undefined,
): boolean {
  if (destination !== undefined)
    return isPublicPath(app, sourceMethod(method), path) && isPublicPath(app, method, destination)
  return app.public.some(
    (open) => open.methods.includes(method) && open.paths.some((pattern) => matchesPath(pattern, path)),
  )
}
