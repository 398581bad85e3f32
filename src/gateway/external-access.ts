// Register of external users with access, by grant and expiry, for the admin API and the console.

import { externalRegister, type ExternalLine } from '../grants/external/register.ts'
import type { Dependencies } from './dependencies.ts'

/** As of now. Rejects with `StoreUnreachable` when the store cannot be read. */
export async function externalAccess(parts: Dependencies): Promise<readonly ExternalLine[]> {
  const { configuration } = parts.activeConfig()
  return externalRegister({
    configuration,
    grants: parts.grants.all(),
    people: await parts.users.all(),
    now: parts.now(),
  })
}
