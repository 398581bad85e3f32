// List of all fuzz targets.

import type { FuzzTarget } from './target.ts'
import { adminSocket } from './targets/admin-socket.ts'
import { responseHeaders } from './targets/response-headers.ts'
import { audit } from './targets/audit.ts'
import { http1Clients } from './targets/http1-clients.ts'
import { http1Servers } from './targets/http1-servers.ts'
import { canonicalRequest } from './targets/canonical.ts'
import { configuration } from './targets/configuration.ts'
import { cookies } from './targets/cookies.ts'
import { requestHeaders } from './targets/headers.ts'
import { pages } from './targets/html.ts'
import { policy } from './targets/policy.ts'
import { postureTokens, trustedHeaders } from './targets/posture.ts'
import { rawRequests } from './targets/raw-requests.ts'
import { requestTarget } from './targets/request-target.ts'
import { logoutTokens, tickets } from './targets/sign-in.ts'

export const targets: readonly FuzzTarget[] = [
  requestTarget,
  canonicalRequest,
  requestHeaders,
  responseHeaders,
  cookies,
  tickets,
  logoutTokens,
  postureTokens,
  trustedHeaders,
  configuration,
  policy,
  audit,
  pages,
  adminSocket,
  http1Servers,
  http1Clients,
  rawRequests,
]
