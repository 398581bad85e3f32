// All suites of attacks, in the order in which they run.

import type { AttackSuite } from './case.ts'
import { appSettings } from './cases/app-settings.ts'
import { certificateFloods, certificates } from './cases/certificates.ts'
import { configuration } from './cases/configuration.ts'
import { crossOrigin } from './cases/cross-origin.ts'
import { connectionAuth } from './cases/connection-auth.ts'
import { crossSite } from './cases/cross-site.ts'
import { csrf } from './cases/csrf.ts'
import { devices } from './cases/devices.ts'
import { dos } from './cases/dos.ts'
import { emergencyStorm, statedNames } from './cases/emergency.ts'
import { groups } from './cases/groups.ts'
import { grpc } from './cases/grpc.ts'
import { guests } from './cases/guests.ts'
import { headers } from './cases/headers.ts'
import { hosts } from './cases/hosts.ts'
import { http2 } from './cases/http2.ts'
import { http2Dos } from './cases/http2-dos.ts'
import { lifetimes } from './cases/lifetimes.ts'
import { oidc } from './cases/oidc.ts'
import { caches, logs, pages } from './cases/pages.ts'
import { passkeys } from './cases/passkeys.ts'
import { paths } from './cases/paths.ts'
import { policy } from './cases/policy.ts'
import { redirects } from './cases/redirects.ts'
import { repeatedFields } from './cases/repeated-fields.ts'
import { reliability } from './cases/reliability.ts'
import { sessions } from './cases/sessions.ts'
import { sharedHosts } from './cases/shared-hosts.ts'
import { severalHosts, severalHostsPages } from './cases/several-hosts.ts'
import { smuggling } from './cases/smuggling.ts'
import { standing } from './cases/standing.ts'
import { claims } from './cases/step-up.ts'
import { upstreams } from './cases/upstreams.ts'
import { webdav } from './cases/webdav.ts'
import { websockets } from './cases/websockets.ts'

export const suites: readonly AttackSuite[] = [
  smuggling,
  upstreams,
  headers,
  appSettings,
  paths,
  webdav,
  hosts,
  certificates,
  sharedHosts,
  redirects,
  oidc,
  guests,
  passkeys,
  claims,
  sessions,
  severalHosts,
  connectionAuth,
  lifetimes,
  standing,
  csrf,
  crossOrigin,
  severalHostsPages,
  crossSite,
  websockets,
  policy,
  groups,
  devices,
  configuration,
  pages,
  logs,
  caches,
  http2,
  grpc,
  http2Dos,
  dos,
  certificateFloods,
  emergencyStorm,
  statedNames,
  repeatedFields,
  reliability,
]
