// Google Workspace directory (Admin SDK): the groups of a user, by their e-mail addresses, read by a service account.

import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import type { ProviderSettings } from '../../../config/provider-settings.ts'
import { isLoopback } from '../../../net/loopback.ts'
import type { Claims } from '../provider-claims.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { printableError } from '../sign-in-error.ts'
import { DirectoryFault, maxPages, type Directory } from './directory.ts'
import { createAppToken, getJson, jsonObject, members, type DirectoryRequest } from './directory-request.ts'

const scope = 'https://www.googleapis.com/auth/admin.directory.group.readonly'
/** Seconds; "Using OAuth 2.0 for server to server applications": at most an hour. */
const assertionLifetime = 300

interface GoogleDirectoryOptions {
  readonly settings: ProviderSettings
  readonly fetch: ProviderFetch
  readonly now: () => number
}

interface Endpoints {
  readonly token: string
  readonly groups: string
}

export function createGoogleDirectory({ settings, fetch, now }: GoogleDirectoryOptions): Directory {
  const { account, admin } = settings.googleDirectory!
  const key = createPrivateKey(settings.googleDirectoryKey!)
  const { token: tokenEndpoint, groups } = endpointsOf(settings.issuer)
  const permission = `in the Admin console, delegate the scope ${scope} to the client of ${account} (domain-wide delegation), let ${admin} read groups, and enable the Admin SDK API in the project`

  /** RFC 7523 section 2.1. */
  const issue = async (): Promise<{ token: string; expires: number }> => {
    const at = Math.floor(now() / 1000)
    const assertion = await new SignJWT({ scope })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(account)
      .setSubject(admin)
      .setAudience(tokenEndpoint)
      .setIssuedAt(at)
      .setExpirationTime(at + assertionLifetime)
      .sign(key)
    const answer = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
    })
    const content = jsonObject(await answer.json().catch(() => ({})))
    if (answer.status === 200 && typeof content.access_token === 'string') {
      const seconds = typeof content.expires_in === 'number' ? content.expires_in : 300
      return { token: content.access_token, expires: at * 1000 + seconds * 1000 }
    }
    const error = typeof content.error === 'string' ? printableError(content.error) : `status ${answer.status}`
    const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429
    throw new DirectoryFault(`no token for the directory: ${error}`, { mend: refused ? permission : undefined })
  }
  const token = createAppToken(now, issue)

  /** "Retrieve all groups for a member": direct memberships, 200 of a page at most. */
  async function groupsOfUser(user: string, signal: AbortSignal): Promise<readonly unknown[]> {
    const request: DirectoryRequest = { fetch, signal, token, permission }
    const names: unknown[] = []
    const read = new Set<string>()
    for (let at: string | undefined = ''; at !== undefined;) {
      if (read.has(at) || read.size >= maxPages) throw new DirectoryFault('the pages of the directory do not end')
      read.add(at)
      const parameters = new URLSearchParams({ userKey: user, maxResults: '200', ...(at !== '' && { pageToken: at }) })
      const page: Claims = await getJson(`${groups}?${parameters}`, request)
      // Left out where there are none.
      if (page.groups !== undefined) names.push(...members(page.groups, 'email'))
      const next: unknown = page.nextPageToken
      if (next !== undefined && (typeof next !== 'string' || next === '')) {
        throw new DirectoryFault('the directory sent no usable page token')
      }
      at = next
    }
    return names
  }

  return {
    isNeededFor: () => true,
    /** `sub` is the id of the account, which no later account gets; an address can be given to another. */
    groupsOf: (idToken, _connection, signal) => groupsOfUser(String(idToken.sub), signal),
    probe: async (_connection, signal) => void (await groupsOfUser(admin, signal)),
  }
}

function endpointsOf(issuer: string): Endpoints {
  const { protocol, hostname, origin } = new URL(issuer)
  // A provider on this machine (tests) is its own directory: its admin is ours.
  return protocol === 'http:' && isLoopback(hostname)
    ? { token: `${origin}/directory-token`, groups: `${origin}/admin/directory/v1/groups` }
    : {
        token: 'https://oauth2.googleapis.com/token',
        groups: 'https://admin.googleapis.com/admin/directory/v1/groups',
      }
}
