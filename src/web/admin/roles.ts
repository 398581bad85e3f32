// Role check (RBAC) of the admin pages: `viewer` or `admin`, from the local roles in `console`.

import { compileUserSet } from '../../policy/user-set.ts'
import { vouchersOf } from '../../policy/vouching.ts'
import { emergencyProvider, type Subject } from '../../policy/subject.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

export type AdminRole = 'viewer' | 'admin'

/** Undefined: no admin role, the pages answer 404. */
export function adminRole({ config }: Pick<WebDependencies, 'config'>, subject: Subject): AdminRole | undefined {
  const { console: settings, roles, providers } = config()
  // A session of an emergency code is limited to the one app of the code.
  if (settings === undefined || subject.provider === emergencyProvider) return undefined
  const has = (names: readonly string[]): boolean =>
    names.length > 0 && compileUserSet({ roles: names }, { roles, vouchers: vouchersOf(providers.values()) })(subject)
  return has(settings.admins) ? 'admin' : has(settings.viewers) ? 'viewer' : undefined
}
