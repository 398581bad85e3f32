// Checks the issuer of a provider: an https address, of one tenant, and not that of its discovery document.

import { isLoopback } from '../../net/loopback.ts'
import { specialAddress } from '../../net/special-addresses.ts'
import type { Diagnostics, Place } from './diagnostics.ts'

/** OIDC Discovery 1.0 section 2: https, no query, no fragment. Plain http on loopback only. */
export function checkIssuer(check: Diagnostics, place: Place, issuer: string): void {
  let url: URL
  try {
    url = new URL(issuer)
  } catch {
    return check.problem(place, 'expected an address such as https://login.example.com')
  }
  if (url.username !== '' || url.password !== '')
    return check.problem(place, 'must not contain a user name or password')
  if (url.pathname.includes('/.well-known/')) {
    return check.problem(
      place,
      'this is the address of the discovery document: write the issuer alone, without /.well-known/ and what follows',
    )
  }
  if (isEveryTenant(url))
    return check.problem(
      place,
      'common, organizations and consumers admit every tenant and everybody with a Microsoft account: write the Directory (tenant) ID in their place',
    )
  if (/[?#]/.test(issuer)) return check.problem(place, 'must not contain ? or #')
  const special = specialAddress(url.hostname)
  if (special !== undefined) return check.problem(place, `${url.hostname} is ${special}`)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return
  check.problem(place, 'expected https: (http: is only for localhost, *.localhost and loopback addresses)')
}

/** Microsoft identity platform, "OpenID Connect": tenants that are none, and that of personal accounts. */
function isEveryTenant({ hostname, pathname }: URL): boolean {
  const tenant = pathname.split('/')[1]?.toLowerCase() ?? ''
  return (
    /^(?:login\.microsoftonline\.(?:com|us)|login\.partner\.microsoftonline\.cn|login\.windows\.net|sts\.windows\.net)$/.test(
      hostname,
    ) && ['common', 'organizations', 'consumers', '9188040d-6c67-4c5b-b112-36a304b66dad'].includes(tenant)
  )
}
