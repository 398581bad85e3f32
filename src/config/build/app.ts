// Builds the settings of one app: public origin, upstreams, rules with `baseline` merged in.

import type { App, RoleSettings, SessionSettings } from '../configuration.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import type { EmergencySettings } from '../request-settings.ts'
import type { ConditionSet, RuleDeclaration } from '../../policy/declaration.ts'
import { hasExternals } from '../../policy/external.ts'
import type { Externals } from '../../policy/externals.ts'
import { emergencyProvider } from '../../policy/subject.ts'
import type { AppInput } from '../schema/app.ts'
import { appRequired } from '../schema/app.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, childPlace } from './diagnostics.ts'
import type { Names } from './conditions.ts'
import { buildConditions, checkPaths } from './conditions.ts'
import { parseOrigin } from '../address.ts'
import { buildSession } from './identity.ts'
import { eligibleRequesters } from './eligible-users.ts'
import { buildEmergency } from './emergency.ts'
import { buildHeaderGroups } from './header-groups.ts'
import { buildHeaderNames } from './header-names.ts'
import { buildRequests } from './requests.ts'
import { conjunction } from './merge-conditions.ts'
import { unreachableRules } from './unreachable-rules.ts'
import { warnAboutOptionalClaims } from './optional-claims.ts'
import { absolute, checkCertificates, checkKeyPair } from './tls-files.ts'

export interface BuildContext {
  readonly names: Names
  readonly baseline: ConditionSet
  readonly session: SessionSettings
  readonly keepStorage: boolean
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly roles: ReadonlyMap<string, RoleSettings>
  /** External users: they need a grant even if no rule requires one. */
  readonly external: Externals
  /** `gateway.hsts` as a value. */
  readonly hsts: string
  /** A posture source reads `X-Device-*` of requests. */
  readonly postureHeaders: boolean
  /** The files had no schema problems: only then are warnings about missing things reliable. */
  readonly whole: boolean
}

export async function buildApp(
  check: Diagnostics,
  place: Place,
  name: string,
  input: AppInput,
  context: BuildContext,
): Promise<App> {
  requireKeys(check, place, appRequired)
  const from = input.from === undefined ? undefined : parseOrigin(input.from, 'loopback')
  if (from?.ok === false) check.problem(childPlace(place, 'from'), from.message)
  const upstreams = origins(check, childPlace(place, 'to'), input.to)
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
  const tls = input.upstream_tls
  await checkUpstreamTls(check, childPlace(place, 'upstream_tls'), tls)
  const file = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : absolute(place, path)
  return {
    name,
    title: input.title ?? name,
    owner: input.owner,
    sensitivity: input.sensitivity ?? 'medium',
    origin: from?.ok === true ? from.origin : '',
    host: from?.ok === true ? from.host : '',
    secure: from?.ok === true ? from.secure : true,
    hsts: from?.ok === true && !from.secure ? '' : context.hsts || undefined,
    upstreams: upstreams.map((origin) => ({ origin })),
    upstreamTls: { ca: file(tls?.ca), cert: file(tls?.cert), key: file(tls?.key), serverName: tls?.server_name },
    declaration: {
      name,
      title: input.title ?? name,
      mode: modeOf(input.mode),
      ...withEmergencyRules(require ?? own, rules, emergency),
      lease: session.lease,
      requests: eligibleRequesters(requests, emergency),
    },
    requests,
    emergency,
    session,
    keepStorage: input.session?.keep_storage ?? context.keepStorage,
    identityHeaders: input.headers?.identity ?? 'einlass',
    headerGroups: buildHeaderGroups(input.headers?.groups, require ?? own, rules, context.roles),
    headerGroupsWritten: (input.headers?.groups ?? 'used') !== 'used',
    headerNames: buildHeaderNames(check, childPlace(place, 'headers'), input.headers ?? {}, context.postureHeaders),
    public: publicPaths,
    healthCheck:
      input.health_check?.path === undefined
        ? undefined
        : { path: input.health_check.path, interval: input.health_check.interval ?? 10_000 },
    allowSpecialAddresses: input.allow_special_addresses ?? false,
    allowEncodedSlash: input.allow_encoded_slash ?? false,
    trustedOrigins: trustedOrigins(check, childPlace(place, 'trusted_origins'), input.trusted_origins),
    websocketOrigins: origins(check, childPlace(place, 'websocket_origins'), input.websocket_origins, ['none']),
    websocketWithoutOrigin: input.websocket_origins?.includes('none') ?? false,
    connectionAuth: input.connection_auth ?? 'pinned',
  }
}

/**
 * Adds the allow rule of sealed emergency codes, which bypass `require` (MFA cannot be proved then). Deny rules still
 * apply.
 */
function withEmergencyRules(
  require: ConditionSet,
  rules: readonly RuleDeclaration[],
  emergency: EmergencySettings | undefined,
): { readonly require: ConditionSet; readonly rules: readonly RuleDeclaration[] } {
  if (emergency?.codes !== true) return { require, rules }
  const bearer = { providers: [emergencyProvider] }
  const rule: RuleDeclaration = {
    name: 'sealed emergency code',
    effect: 'allow',
    when: { ...bearer, grant: 'required' },
    mode: 'enforce',
    limits: { download: undefined, upload: undefined },
  }
  const unconditional = Object.keys(require).length === 0
  return { require: unconditional ? require : { any: [require, bearer] }, rules: [...rules, rule] }
}

/** `observe` and `monitor` are one mode. */
function modeOf(written: AppInput['mode']): 'enforce' | 'monitor' {
  return written === undefined || written === 'enforce' ? 'enforce' : 'monitor'
}

function asksForGrant(set: ConditionSet): boolean {
  return set.grant !== undefined || (set.any ?? []).some(asksForGrant)
}

function buildRules(check: Diagnostics, place: Place, input: AppInput, context: BuildContext): RuleDeclaration[] {
  const names = new Set<string>()
  const written = (input.policy ?? []).map((rule, index) => {
    const at = childPlace(place, index)
    const original = place.file.tree.original(at.path).at(-1)
    const name = rule.name ?? `rule ${Number(original) + 1}`
    if (names.has(name)) check.problem(childPlace(at, 'name'), `duplicate rule name "${name}"`)
    names.add(name)
    const has = (key: string): boolean => place.file.tree.existedOriginally([...at.path, key])
    if (has('allow') === has('deny')) check.problem(at, 'expected exactly one of allow and deny')
    const effect = has('deny') ? 'deny' : 'allow'
    const when = buildConditions(check, childPlace(at, effect), rule[effect] ?? {}, context.names)
    if (effect === 'deny' && rule.limit !== undefined) {
      check.problem(childPlace(at, 'limit'), 'limits apply to allow rules only', 'key')
    }
    if (context.whole) warnAboutOptionalClaims(check, childPlace(at, effect), when, effect)
    if (effect === 'allow') warnOfExternal(check, childPlace(at, 'allow', 'providers'), when, context)
    return {
      name,
      effect,
      when,
      mode: modeOf(rule.mode),
      limits: { download: rule.limit?.download, upload: rule.limit?.upload },
    } satisfies RuleDeclaration
  })
  if (!context.whole) return written
  for (const { index, by } of unreachableRules(written)) {
    check.warn(childPlace(place, index), `unreachable rule: "${written[by]!.name}" always decides first`)
  }
  if (input.policy !== undefined && !written.some((rule) => rule.effect === 'allow')) {
    check.warn(place, 'no rule allows access: the app is unreachable for everyone', 'key')
  }
  return written
}

/** External users always need a grant; an allow rule without `grant: required` suggests otherwise. */
function warnOfExternal(check: Diagnostics, place: Place, when: ConditionSet, context: BuildContext): void {
  if (when.grant !== undefined) return
  const external = (when.providers ?? []).filter((name) => context.providers.get(name)?.external === true)
  if (external.length === 0) return
  check.warn(place, `users of the external provider "${external[0]}" always need a grant: add grant: required`)
}

/** A page over plain http can be altered on its way, and would then act for the user. */
function trustedOrigins(check: Diagnostics, place: Place, input: readonly string[] | undefined): string[] {
  const found = origins(check, place, input)
  const plain = found.find((text) => !parseOrigin(text, 'loopback').ok)
  if (plain !== undefined)
    check.warn(place, `${plain} is not protected by TLS: anyone on the network can act through it`)
  return found
}

/** `words`: entries that are no origins; the caller reads them. */
function origins(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
  words: readonly string[] = [],
): string[] {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const found: string[] = []
  for (const [index, text] of (input ?? []).entries()) {
    if (words.includes(text)) continue
    const where = listed ? childPlace(place, index) : place
    const origin = parseOrigin(text, 'anywhere')
    if (!origin.ok) check.problem(where, origin.message)
    else if (found.includes(origin.origin)) check.problem(where, 'duplicate entry')
    else found.push(origin.origin)
  }
  return found
}

async function checkUpstreamTls(check: Diagnostics, place: Place, tls: AppInput['upstream_tls']): Promise<void> {
  if (tls === undefined) return
  if (tls.ca !== undefined) await checkCertificates(check, childPlace(place, 'ca'), tls.ca)
  if (tls.cert !== undefined || tls.key !== undefined) requireKeys(check, place, ['cert', 'key'])
  if (tls.cert === undefined || tls.key === undefined) return
  await checkKeyPair(
    check,
    { place: childPlace(place, 'cert'), name: tls.cert },
    { place: childPlace(place, 'key'), name: tls.key },
  )
}
