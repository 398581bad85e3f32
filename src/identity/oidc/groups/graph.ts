// Microsoft Graph as directory: the groups of a user whose Entra ID token has none, or too many for it (overage).

import { clientCredentialsGrant } from 'openid-client'
import type { ProviderSettings } from '../../../config/provider-settings.ts'
import { isLoopback } from '../../../net/loopback.ts'
import { readClaim, type Claims } from '../provider-claims.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { providerErrorOf } from '../sign-in-error.ts'
import { DirectoryFault, maxPages, type Directory, type DirectoryConnection } from './directory.ts'
import { createAppToken, getJson, members, type AppToken, type DirectoryRequest } from './directory-request.ts'
import { withholdsGroups } from './stated-groups.ts'

/**
 * "Microsoft Graph national cloud deployments" lists the hosts. Entra's metadata names that of the tenant (`msgraph_host`); the
 * application's token goes to one of these and nowhere else.
 */
const hosts: ReadonlySet<string> = new Set([
  'graph.microsoft.com',
  'graph.microsoft.us',
  'dod-graph.microsoft.us',
  'microsoftgraph.chinacloudapi.cn',
])
const byIssuer: Readonly<Record<string, string>> = {
  'login.microsoftonline.com': 'graph.microsoft.com',
  'login.microsoftonline.us': 'graph.microsoft.us',
  'login.partner.microsoftonline.cn': 'microsoftgraph.chinacloudapi.cn',
  'login.chinacloudapi.cn': 'microsoftgraph.chinacloudapi.cn',
}

/** "List a user's memberships (direct and transitive)": application permissions. The least that also reads hidden membership. */
const permission =
  'grant the application permission GroupMember.Read.All (Microsoft Graph) to the app registration, with admin consent'

/** "List a user's memberships": an OData cast needs this header and $count. */
const headers = { consistencylevel: 'eventual' }
const query = '$select=id&$count=true&$top=999'
const objectId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const unknownUser = '00000000-0000-0000-0000-000000000000'

interface GraphOptions {
  readonly settings: Pick<ProviderSettings, 'claims'>
  readonly fetch: ProviderFetch
  readonly now: () => number
}

/** Names of groups are object ids, as in the token. */
export function createGraph({ settings, fetch, now }: GraphOptions): Directory {
  const tokens = new WeakMap<DirectoryConnection, AppToken>()
  const requestTo = (origin: string, connection: DirectoryConnection, signal: AbortSignal): DirectoryRequest => {
    let token = tokens.get(connection)
    if (token === undefined) tokens.set(connection, (token = createAppToken(now, () => issue(origin, connection, now))))
    return { fetch, signal, token, headers, permission }
  }

  return {
    /** "Configure group claims": above 200 groups the claim is replaced; without group claims there is none. */
    isNeededFor(idToken) {
      const { claim } = settings.claims.groups
      return withholdsGroups(idToken, claim) || readClaim(idToken, claim) === undefined
    },
    async groupsOf(idToken, connection, signal) {
      const user = idToken.oid
      if (typeof user !== 'string' || !objectId.test(user)) {
        throw new DirectoryFault('the ID token has no claim oid', {
          mend: 'request the scope profile, which brings oid',
        })
      }
      const origin = graphOrigin(connection)
      const request = requestTo(origin, connection, signal)
      const ids: unknown[] = []
      const read = new Set<string>()
      for (let url: string | undefined = firstPage(origin, user); url !== undefined;) {
        // "Paging Microsoft Graph data": the link is used as it is, so it must not lead the token elsewhere, nor in a circle.
        if (read.has(url) || read.size >= maxPages) throw new DirectoryFault('the pages of the directory do not end')
        read.add(url)
        const page: Claims = await getJson(url, request)
        ids.push(...members(page.value, 'id'))
        url = nextPage(page['@odata.nextLink'], origin)
      }
      return ids
    },
    /** An unknown user is 404 with the permission, and 403 without. */
    async probe(connection, signal) {
      const origin = graphOrigin(connection)
      try {
        await getJson(firstPage(origin, unknownUser), requestTo(origin, connection, signal))
      } catch (error) {
        if (!(error instanceof DirectoryFault && error.status === 404)) throw error
      }
    },
  }
}

function firstPage(origin: string, user: string): string {
  return `${origin}/v1.0/users/${user}/transitiveMemberOf/microsoft.graph.group?${query}`
}

function nextPage(link: unknown, origin: string): string | undefined {
  if (link === undefined || link === null) return undefined
  const url = typeof link === 'string' ? URL.parse(link) : null
  if (url === null || url.origin !== origin || url.username !== '' || url.password !== '') {
    throw new DirectoryFault('the directory links to a page elsewhere, which is not read')
  }
  return url.href
}

function graphOrigin({ metadata }: DirectoryConnection): string {
  const issuer = new URL(metadata.issuer)
  // A provider on this machine (tests, demo) is its own directory: it gets nothing that it does not have.
  if (issuer.protocol === 'http:' && isLoopback(issuer.hostname)) return issuer.origin
  const stated = (metadata as Claims).msgraph_host
  const host = typeof stated === 'string' && hosts.has(stated) ? stated : byIssuer[issuer.hostname]
  if (host === undefined) {
    throw new DirectoryFault('the issuer belongs to no known cloud of Microsoft', { mend: 'set groups_from: token' })
  }
  return `https://${host}`
}

/** "OAuth 2.0 client credentials flow", with the provider's own client. */
async function issue(
  origin: string,
  { configuration }: DirectoryConnection,
  now: () => number,
): Promise<{ token: string; expires: number }> {
  const asked = now()
  try {
    const answer = await clientCredentialsGrant(configuration, { scope: `${origin}/.default` })
    return { token: answer.access_token, expires: asked + (answer.expires_in ?? 300) * 1000 }
  } catch (error) {
    const fault = providerErrorOf(error)
    if (fault.kind !== 'refused') throw new DirectoryFault(`no token for the directory: ${fault.detail}`)
    throw new DirectoryFault(`no token for the directory: ${fault.error}`, { mend: permission })
  }
}
