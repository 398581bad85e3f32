// One app: its public origin, its upstreams, its rules with `baseline` worked in.

import type { App, ProviderSettings, RoleSettings, SessionSettings } from '../configuration.ts'
import type { EmergencySettings } from '../request-settings.ts'
import type { ConditionSet, RuleDeclaration } from '../../policy/declaration.ts'
import { hasExternals } from '../../policy/external.ts'
import type { Externals } from '../../policy/externals.ts'
import { emergencyProvider } from '../../policy/subject.ts'
import type { AppInput } from '../schema/app.ts'
import { appRequired } from '../schema/app.ts'
import type { Check, Place } from './diagnostics.ts'
import { demand, under } from './diagnostics.ts'
import type { Names } from './conditions.ts'
import { buildConditions, checkPaths } from './conditions.ts'
import { parseOrigin } from '../address.ts'
import { buildSession } from './identity.ts'
import { askersOf } from './eligible-users.ts'
import { buildEmergency } from './emergency.ts'
import { buildRequests } from './requests.ts'
import { conjunction } from './merge-conditions.ts'
import { unreachableRules } from './unreachable-rules.ts'
import { absolute, checkCertificates, checkKeyPair } from './tls-files.ts'

export interface Surroundings {
  readonly names: Names
  readonly baseline: ConditionSet
  readonly session: SessionSettings
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly roles: ReadonlyMap<string, RoleSettings>
  /** Those a grant lets in whatever rules say of grants. */
  readonly external: Externals
  /** Nothing was cut from the files: only then are statements about missing things certain. */
  readonly whole: boolean
}

export async function buildApp(
  check: Check,
  place: Place,
  name: string,
  input: AppInput,
  around: Surroundings,
): Promise<App> {
  demand(check, place, appRequired)
  const from = input.from === undefined ? undefined : parseOrigin(input.from, 'loopback')
  if (from?.ok === false) check.problem(under(place, 'from'), from.message)
  const upstreams = origins(check, under(place, 'to'), input.to)
  const own = buildConditions(check, under(place, 'require'), input.require ?? {}, around.names)
  const require = conjunction(around.baseline, own)
  if (require === undefined) {
    check.problem(under(place, 'require'), 'nothing can meet this and `baseline` together', 'key')
  }
  const rules = buildRules(check, under(place, 'policy'), input, around)
  const session = buildSession(check, under(place, 'session'), input.session, around.session)
  const requests = buildRequests(check, under(place, 'requests'), input.requests, around)
  const emergency = buildEmergency(check, under(place, 'emergency'), input.emergency, requests, around)
  const asks = requests !== undefined || input.emergency?.eligible !== undefined
  if (around.whole && asks && !hasExternals(around.external) && !rules.some(({ when }) => asksForGrant(when))) {
    const key = requests === undefined ? 'emergency' : 'requests'
    check.warn(under(place, key), 'opens nothing: no rule of this app has grant: required', 'key')
  }
  const publicPaths = (input.public ?? []).map((entry, index) => {
    const at = under(place, 'public', index)
    demand(check, at, ['paths'])
    checkPaths(check, under(at, 'paths'), entry.paths)
    return { paths: entry.paths ?? [], methods: entry.methods ?? ['GET', 'HEAD'] }
  })
  if (input.health_check !== undefined) demand(check, under(place, 'health_check'), ['path'])
  if (input.health_check?.interval !== undefined && input.health_check.interval < 1000) {
    check.problem(under(place, 'health_check', 'interval'), 'must be at least 1s')
  }
  const tls = input.upstream_tls
  await checkUpstreamTls(check, under(place, 'upstream_tls'), tls)
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
    upstreams: upstreams.map((origin) => ({ origin })),
    upstreamTls: { ca: file(tls?.ca), cert: file(tls?.cert), key: file(tls?.key), serverName: tls?.server_name },
    declaration: {
      name,
      title: input.title ?? name,
      mode: input.mode ?? 'enforce',
      ...withCodes(require ?? own, rules, emergency),
      lease: session.lease,
      requests: askersOf(requests, emergency),
    },
    requests,
    emergency,
    session,
    identityHeaders: input.headers?.identity ?? 'einlass',
    public: publicPaths,
    healthCheck:
      input.health_check?.path === undefined
        ? undefined
        : { path: input.health_check.path, interval: input.health_check.interval ?? 10_000 },
    allowEncodedSlash: input.allow_encoded_slash ?? false,
    websocketOrigins: origins(check, under(place, 'websocket_origins'), input.websocket_origins),
  }
}

/** A sealed code is for when what is required cannot be proved; what is denied stays denied. */
function withCodes(
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
  const nothing = Object.keys(require).length === 0
  return { require: nothing ? require : { any: [require, bearer] }, rules: [...rules, rule] }
}

function asksForGrant(set: ConditionSet): boolean {
  return set.grant !== undefined || (set.any ?? []).some(asksForGrant)
}

function buildRules(check: Check, place: Place, input: AppInput, around: Surroundings): RuleDeclaration[] {
  const names = new Set<string>()
  const written = (input.policy ?? []).map((rule, index) => {
    const at = under(place, index)
    const original = place.file.tree.original(at.path).at(-1)
    const name = rule.name ?? `rule ${Number(original) + 1}`
    if (names.has(name)) check.problem(under(at, 'name'), `another rule of this app is called "${name}"`)
    names.add(name)
    const has = (key: string): boolean => place.file.tree.existed([...at.path, key])
    if (has('allow') === has('deny')) check.problem(at, 'a rule has exactly one of allow and deny')
    const effect = has('deny') ? 'deny' : 'allow'
    const when = buildConditions(check, under(at, effect), rule[effect] ?? {}, around.names)
    if (effect === 'deny' && rule.limit !== undefined) {
      check.problem(under(at, 'limit'), 'a deny has no limits', 'key')
    }
    if (effect === 'allow') warnOfExternal(check, under(at, 'allow', 'providers'), when, around)
    return {
      name,
      effect,
      when,
      mode: rule.mode ?? 'enforce',
      limits: { download: rule.limit?.download, upload: rule.limit?.upload },
    } satisfies RuleDeclaration
  })
  if (!around.whole) return written
  for (const { index, by } of unreachableRules(written)) {
    check.warn(under(place, index), `never decides anything: "${written[by]!.name}" always comes first`)
  }
  if (input.policy !== undefined && !written.some((rule) => rule.effect === 'allow')) {
    check.warn(place, 'no rule allows anything: nobody can use this app', 'key')
  }
  return written
}

/** They need a grant in any case: a rule that does not say so reads as if they did not. */
function warnOfExternal(check: Check, place: Place, when: ConditionSet, around: Surroundings): void {
  if (when.grant !== undefined) return
  const external = (when.providers ?? []).filter((name) => around.providers.get(name)?.external === true)
  if (external.length === 0) return
  check.warn(
    place,
    `people of the external provider "${external[0]}" get in by grant only; say so with grant: required`,
  )
}

function origins(check: Check, place: Place, input: readonly string[] | undefined): string[] {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const found: string[] = []
  for (const [index, text] of (input ?? []).entries()) {
    const where = listed ? under(place, index) : place
    const origin = parseOrigin(text, 'anywhere')
    if (!origin.ok) check.problem(where, origin.message)
    else if (found.includes(origin.origin)) check.problem(where, 'is listed twice')
    else found.push(origin.origin)
  }
  return found
}

async function checkUpstreamTls(check: Check, place: Place, tls: AppInput['upstream_tls']): Promise<void> {
  if (tls === undefined) return
  if (tls.ca !== undefined) await checkCertificates(check, under(place, 'ca'), tls.ca)
  if (tls.cert !== undefined || tls.key !== undefined) demand(check, place, ['cert', 'key'])
  if (tls.cert === undefined || tls.key === undefined) return
  await checkKeyPair(
    check,
    { place: under(place, 'cert'), name: tls.cert },
    { place: under(place, 'key'), name: tls.key },
  )
}
