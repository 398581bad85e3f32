// Lists who from other companies has access, by which grant and until when: for the admin API and the console page.

import { externalRegister, type ExternalLine } from '../grants/external/register.ts'
import type { Parts } from './dependencies.ts'

/** As of now. Rejects with `StoreUnreachable` when the store cannot be asked. */
export async function externalAccess(parts: Parts): Promise<readonly ExternalLine[]> {
  const { configuration } = parts.applied()
  return externalRegister({
    configuration,
    grants: parts.grants.all(),
    people: await parts.people.all(),
    now: parts.now(),
  })
}
