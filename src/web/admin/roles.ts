// Who may look at, and review, what everybody else may do: local roles named by `console.roles`.

import { compileUserSet } from '../../policy/user-set.ts'
import { emergencyProvider, type Subject } from '../../policy/subject.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

export type AdminRole = 'viewer' | 'admin'

/** Undefined: these pages are none of this person's business, and are not found. */
export function adminRole({ config }: Pick<WebDependencies, 'config'>, subject: Subject): AdminRole | undefined {
  const { console: settings, roles } = config()
  // Whoever used a sealed code has the one app it opens.
  if (settings === undefined || subject.provider === emergencyProvider) return undefined
  const has = (names: readonly string[]): boolean =>
    names.length > 0 && compileUserSet({ roles: names }, { roles })(subject)
  return has(settings.admins) ? 'admin' : has(settings.viewers) ? 'viewer' : undefined
}
