// Groups that a provider states of a user: from the ID token, UserInfo or the provider's directory (`groups_from`). Pure.

import type { ProviderSettings } from '../../../config/provider-settings.ts'
import { readClaim, type Claims, type ProviderClaims } from '../provider-claims.ts'
import { boundedGroups, readGroups, type ReadGroups } from './group-shapes.ts'

type GroupSettings = Pick<ProviderSettings, 'claims' | 'groupsFrom'>

/** Unknown groups, for a reason that needs no word in the log: the provider withholds them, or was silent. */
const unstated: ReadGroups = { names: [], complete: false, fault: undefined }

export function statedGroups(statement: ProviderClaims, settings: GroupSettings): ReadGroups {
  const { idToken, userInfo, directory } = statement
  if (directory?.state === 'known') return boundedGroups(directory.names)
  if (directory?.state === 'unconfirmed' || settings.groupsFrom === 'google_directory') return unstated
  const sources = (settings.groupsFrom === 'userinfo' ? [userInfo] : [idToken, userInfo]).filter(
    (one) => one !== undefined,
  )
  const { claim } = settings.claims.groups
  const withheld = sources.some((one) => withholdsGroups(one, claim))
  const stated = sources.map((one) => readClaim(one, claim)).find((value) => value !== undefined)
  if (stated === undefined) {
    // Without a new ID token, absence from UserInfo does not prove that there are no groups.
    const asked = settings.groupsFrom === 'userinfo' ? userInfo !== undefined : true
    return { ...unstated, complete: !withheld && idToken !== undefined && asked }
  }
  const read = readGroups(stated, settings.claims.groups)
  return withheld ? { ...read, complete: false } : read
}

/**
 * Microsoft Entra group overage: beyond 200 groups the token only refers to the endpoint that lists them ("Configure group
 * claims and app roles in tokens", "ID token claims reference": `_claim_names`, `hasgroups`).
 */
export function withholdsGroups(claims: Claims, claim: string): boolean {
  const names = claims._claim_names
  const elsewhere = typeof names === 'object' && names !== null && (Object.hasOwn(names, claim) || 'groups' in names)
  return elsewhere || (claims.hasgroups !== undefined && String(claims.hasgroups).toLowerCase() !== 'false')
}
