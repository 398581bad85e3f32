// Lists who from other companies has access, by which grant and until when: for the admin API and the console page.

import { externalRegister, type ExternalLine } from '../grants/external/register.ts'
import type { Dependencies } from './dependencies.ts'

/** As of now. Rejects with `StoreUnreachable` when the store cannot be asked. */
export async function externalAccess(parts: Dependencies): Promise<readonly ExternalLine[]> {
  const { configuration } = parts.activeConfig()
  return externalRegister({
    configuration,
    grants: parts.grants.all(),
    people: await parts.users.all(),
    now: parts.now(),
  })
}
