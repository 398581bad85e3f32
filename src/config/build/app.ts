// Builds the settings of one app: public addresses, upstreams, rules with `baseline` merged in.

import type { App } from '../configuration.ts'
import { hasExternals } from '../../policy/external.ts'
import type { AppDeclaration } from '../../policy/declaration.ts'
import type { AppInput } from '../schema/app.ts'
import { appRequired } from '../schema/app.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, childPlace } from './diagnostics.ts'
import { buildConditions, checkPaths } from './conditions.ts'
import { buildMethods } from './methods.ts'
import { buildSession } from './identity.ts'
import { eligibleRequesters } from './eligible-users.ts'
import { buildEmergency } from './emergency.ts'
import { buildForwarding } from './forwarding.ts'
import { buildHeaderGroups } from './header-groups.ts'
import { buildHeaderNames } from './header-names.ts'
import { buildMessages } from './own-messages.ts'
import { buildPortalEntry } from './organisation.ts'
import { buildRequests } from './requests.ts'
import { conjunction } from './merge-conditions.ts'
import { warnAboutOptionalClaims } from './optional-claims.ts'
import type { BuildContext } from './app-context.ts'
import { checkPathsOfApp, warnAboutPaths } from './app-paths.ts'
import { buildAddresses } from './public-addresses.ts'
import { crossSitePosts, origins, trustedOrigins } from './page-origins.ts'
import { asksForGrant, buildRules, modeOf, withEmergencyRules } from './rules.ts'
import { absolute } from './tls-files.ts'
import { upstreamOrigins } from './upstream-origins.ts'
import { checkUpstreamTls } from './upstream-tls.ts'
import { checkVerbatimPaths } from './verbatim-paths.ts'

export async function buildApp(
  check: Diagnostics,
  place: Place,
  name: string,
  input: AppInput,
  context: BuildContext,
): Promise<App> {
  requireKeys(check, place, appRequired)
  const addresses = buildAddresses(check, childPlace(place, 'from'), input.from)
  const [main] = addresses
  const { origins: upstreams, path: upstreamPath } = await upstreamOrigins(
    check,
    childPlace(place, 'to'),
    input.to,
    addresses,
  )
  checkPathsOfApp(check, place, addresses)
  warnAboutPaths(check, place, { addresses, upstreamPath, ...input })
  const own = buildConditions(check, childPlace(place, 'require'), input.require ?? {}, context.names)
  if (context.whole) warnAboutOptionalClaims(check, childPlace(place, 'require'), own, 'allow')
  const require = conjunction(context.baseline, own)
  if (require === undefined) {
    check.problem(childPlace(place, 'require'), 'contradicts `baseline`: no request can meet both', 'key')
  }
  const rules = buildRules(check, childPlace(place, 'policy'), input, context)
  const session = buildSession(check, childPlace(place, 'session'), input.session, context.session)
  const requests = buildRequests(check, childPlace(place, 'requests'), input.requests, context)
  const emergency = buildEmergency(check, childPlace(place, 'emergency'), input.emergency, requests, context)
  const asks = requests !== undefined || input.emergency?.eligible !== undefined
  if (context.whole && asks && !hasExternals(context.external) && !rules.some(({ when }) => asksForGrant(when))) {
    const key = requests === undefined ? 'emergency' : 'requests'
    check.warn(childPlace(place, key), 'has no effect: no rule of this app has grant: required', 'key')
  }
  const publicPaths = (input.public ?? []).map((entry, index) => {
    const at = childPlace(place, 'public', index)
    requireKeys(check, at, ['paths'])
    checkPaths(check, childPlace(at, 'paths'), entry.paths)
    return { paths: entry.paths ?? [], methods: entry.methods ?? ['GET', 'HEAD'] }
  })
  if (input.health_check !== undefined) requireKeys(check, childPlace(place, 'health_check'), ['path'])
  if (input.health_check?.interval !== undefined && input.health_check.interval < 1000) {
    check.problem(childPlace(place, 'health_check', 'interval'), 'must be at least 1s')
  }
  const trusted = trustedOrigins(check, childPlace(place, 'trusted_origins'), input.trusted_origins)
  const tls = input.upstream_tls
  await checkUpstreamTls(check, childPlace(place, 'upstream_tls'), tls)
  const file = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : absolute(place, path)
  const declaration: AppDeclaration = {
    name,
    title: input.title ?? name,
    mode: modeOf(input.mode),
    ...withEmergencyRules(require ?? own, rules, emergency),
    lease: session.lease,
    requests: eligibleRequesters(requests, emergency),
  }
  const crossPosts = crossSitePosts(check, childPlace(place, 'cross_site_posts'), input.cross_site_posts, publicPaths)
  if (input.paths === 'verbatim') {
    const opened = { public: publicPaths, crossSitePosts: crossPosts }
    checkVerbatimPaths(check, childPlace(place, 'paths'), declaration, opened)
  }
  return {
    name,
    title: input.title ?? name,
    owner: input.owner,
    portal: await buildPortalEntry(check, place, input),
    messages: buildMessages(check, childPlace(place, 'messages'), input.messages),
    sensitivity: input.sensitivity ?? 'medium',
    addresses,
    origin: main.origin,
    host: main.host,
    secure: main.secure,
    hsts: main.secure ? context.hsts || undefined : '',
    upstreams: upstreams.map((origin) => ({ origin })),
    upstreamPath,
    cookiePath: input.cookie_path ?? 'app',
    upstreamTls: { ca: file(tls?.ca), cert: file(tls?.cert), key: file(tls?.key), serverName: tls?.server_name },
    declaration,
    requests,
    emergency,
    session,
    keepStorage: input.session?.keep_storage ?? context.keepStorage,
    ...buildForwarding(check, place, input, [...addresses.map(({ origin }) => origin), ...trusted]),
    audience: main.origin + main.path,
    headerGroups: buildHeaderGroups(input.headers?.groups, require ?? own, rules, context.roles),
    headerGroupsWritten: (input.headers?.groups ?? 'used') !== 'used',
    headerNames: buildHeaderNames(check, childPlace(place, 'headers'), input.headers ?? {}, context.postureHeaders),
    public: publicPaths,
    healthCheck:
      input.health_check?.path === undefined
        ? undefined
        : { path: input.health_check.path, interval: input.health_check.interval ?? 10_000 },
    allowSpecialAddresses: input.allow_special_addresses ?? false,
    paths: input.paths ?? 'canonical',
    trustedOrigins: trusted,
    websocketOrigins: origins(check, childPlace(place, 'websocket_origins'), input.websocket_origins, ['none']),
    websocketWithoutOrigin: input.websocket_origins?.includes('none') ?? false,
    crossSitePosts: crossPosts,
    embeds: input.embeds ?? [],
    frameAncestors:
      input.frame_ancestors && origins(check, childPlace(place, 'frame_ancestors'), input.frame_ancestors),
    ...buildMethods(check, place, input, context.nodeHttp1),
  }
}
