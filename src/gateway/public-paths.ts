// Public paths of an app: method and path for which no sign-in is needed.

import type { App } from '../config/configuration.ts'
import { matchesPath } from '../policy/conditions/action.ts'

/** `method` as returned by `policyMethod`, `path` canonical. */
export function isPublicPath(app: Pick<App, 'public'>, method: string, path: string): boolean {
  return app.public.some(
    (open) => open.methods.includes(method) && open.paths.some((pattern) => matchesPath(pattern, path)),
  )
}
