// Builds the configuration from validated files: resolves names across files, detects conflicting hosts and apps.

import { isAbsolute, relative } from 'node:path'
import type { App, Configuration } from '../configuration.ts'
import { openIdProviders } from '../guest-settings.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import type { Externals } from '../../policy/externals.ts'
import type { Grant } from '../../policy/grant.ts'
import { guestProvider } from '../../policy/subject.ts'
import { vouchersOf } from '../../policy/vouching.ts'
import type { Diagnostics, LoadedFile, Place } from './diagnostics.ts'
import { requireKeys, childPlace } from './diagnostics.ts'
import type { Included } from '../load/include.ts'
import type { MainInput } from '../schema/schema.ts'
import { rootRequired } from '../schema/schema.ts'
import type { Names } from './conditions.ts'
import { buildConditions } from './conditions.ts'
import { withOrderedNames } from './acme.ts'
import { buildGateway } from './gateway.ts'
import { buildStore } from './store.ts'
import { buildProviders, buildSession } from './identity.ts'
import { buildGuests } from './guests.ts'
import { authorityFiles } from './provider-reach.ts'
import { buildConsole } from './console.ts'
import { buildDevices, buildNetworks, buildRoles } from './named-objects.ts'
import { checkHosts } from './public-addresses.ts'
import { settleSharedHosts } from './shared-hosts.ts'
import { checkUpstreams } from './upstream-addresses.ts'
import { buildSchedules } from './schedules.ts'
import { buildApp } from './app.ts'
import { withFrameAncestors } from './frame-ancestors.ts'
import { buildGrant } from './grants.ts'
import { buildExternalPeople, buildLinked, buildSponsors } from './users.ts'
import { buildAudit } from './audit.ts'
import { buildLimits } from './limits.ts'
import { buildOrganisation } from './organisation.ts'
import { warnAboutOptionalClaims } from './optional-claims.ts'
import { warnAboutDirectoryNames } from './directory-names.ts'
import { checkGoogleAccounts } from './google-accounts.ts'
import { warnAboutCertificates, warnAboutUnprovableMfa } from './warnings.ts'
import { absolute } from './tls-files.ts'
import { child, isRecord } from '../load/yaml-tree.ts'

export interface BuildResult {
  readonly settings: Omit<Configuration, 'file' | 'watched' | 'includes' | 'hash'>
  /** Further files that belong to the policy version: inventories, device keys, authorities, calendars. */
  readonly hashed: readonly string[]
}

/** `whole`: the files had no schema problems, so that warnings about absent things are reliable. */
export async function buildConfiguration(
  check: Diagnostics,
  main: { readonly file: LoadedFile; readonly value: MainInput },
  included: readonly Included[],
  whole: boolean,
): Promise<BuildResult> {
  const { file, value } = main
  const root: Place = { file, path: [] }
  const parts: Included[] = [{ file, value }, ...included]
  requireKeys(
    check,
    root,
    included.some((part) => part.value.apps !== undefined)
      ? rootRequired.filter((key) => key !== 'apps')
      : rootRequired,
  )

  const known = collectNames(parts)
  const store = buildStore(check, childPlace(root, 'store'), value.store)
  const gateway = await buildGateway(check, childPlace(root, 'gateway'), value.gateway ?? {}, store)
  const identity = value.identity
  const providers =
    identity === undefined
      ? new Map<string, ProviderSettings>()
      : await buildProviders(check, childPlace(root, 'identity'), identity)
  const all = [...providers.values()]
  const internal = all.filter(({ external }) => !external).map(({ name }) => name)
  const addresses = whole ? { vouchers: vouchersOf(all), internal } : undefined
  const names: Names = { ...known, addresses }
  const session = buildSession(check, childPlace(root, 'session'), value.session, undefined)
  const networks = buildNetworks(check, childPlace(root, 'networks'), value.networks)
  const { schedules, calendars } = await buildSchedules(check, childPlace(root, 'schedules'), value.schedules)
  const roles = buildRoles(check, childPlace(root, 'roles'), value.roles, addresses)
  const sponsors = buildSponsors(check, childPlace(root, 'sponsors'), value.sponsors, names, roles)
  const devices = await buildDevices(check, childPlace(root, 'devices'), value.devices, networks)
  const baseline = buildConditions(check, childPlace(root, 'baseline'), value.baseline ?? {}, names)
  if (whole) warnAboutOptionalClaims(check, childPlace(root, 'baseline'), baseline, 'allow')

  const external: Externals = {
    providers: new Set([...providers.values()].filter((one) => one.external).map(({ name: provider }) => provider)),
    people: buildExternalPeople(
      check,
      childPlace(root, 'identity', 'external_people'),
      identity?.external_people,
      names,
    ),
  }

  const keepStorage = value.session?.keep_storage ?? false
  const postureHeaders = devices.sources.some(({ kind }) => kind === 'trusted_header')
  const context = {
    names,
    baseline,
    session,
    keepStorage,
    providers,
    roles,
    external,
    hsts: gateway.settings.hsts,
    postureHeaders,
    nodeHttp1: gateway.settings.http1 === 'node',
    whole,
  }
  const apps = new Map<string, App>()
  const places = new Map<string, Place>()
  const written = new Map<string, string>()
  const grants: Grant[] = []
  for (const part of parts) {
    for (const [name, input] of Object.entries(part.value.apps ?? {})) {
      const place: Place = { file: part.file, path: ['apps', name] }
      if (apps.has(name)) {
        check.problem(place, `duplicate app "${name}", also in ${places.get(name)!.file.source.file}`, 'key')
        continue
      }
      places.set(name, place)
      const app = await buildApp(check, place, name, input, context)
      apps.set(name, app)
      for (const [index, rule] of app.declaration.rules.slice(0, input.policy?.length ?? 0).entries()) {
        written.set(`rule ${name} ${rule.name}`, lineOf(childPlace(place, 'policy', index), file.directory))
      }
    }
  }
  for (const part of parts) {
    for (const [index, input] of (part.value.grants ?? []).entries()) {
      const place: Place = { file: part.file, path: ['grants', index] }
      const grant = buildGrant(check, place, input, names, { external, schedules, sponsors })
      if (grant === undefined) continue
      if (grants.some((other) => other.id === grant.id)) check.warn(place, 'duplicate grant')
      else {
        grants.push(grant)
        written.set(`grant ${grant.id}`, lineOf(place, file.directory))
      }
    }
  }
  checkHosts(check, apps, places, gateway)
  const settled = settleSharedHosts(check, apps, places)
  checkUpstreams(check, apps, places, gateway)
  const framed = withFrameAncestors(check, settled, places)
  if (whole) {
    const openId = openIdProviders(providers)
    checkGoogleAccounts(check, openId, apps, places)
    warnAboutUnprovableMfa(check, root, openId, apps, places)
    warnAboutDirectoryNames(check, openId, roles, apps, places)
    warnAboutCertificates(check, apps, places, gateway, root)
  }
  const audit = await buildAudit(check, childPlace(root, 'audit'), value.audit)
  const guests = buildGuests(check, childPlace(root, 'identity', 'guests'), identity?.guests, {
    provider: providers.get(guestProvider),
    audit,
    gateway: gateway.settings,
  })
  return {
    settings: {
      gateway: withOrderedNames(check, root, gateway, framed, places),
      organisation: await buildOrganisation(check, childPlace(root, 'organisation'), value.organisation),
      store,
      providers,
      guests,
      session,
      networks,
      schedules,
      roles,
      linked: buildLinked(check, childPlace(root, 'identity', 'linked'), identity?.linked, names),
      external,
      sponsors,
      devices,
      apps: framed,
      grants,
      console: buildConsole(check, childPlace(root, 'console'), value.console, names.roles),
      places: written,
      audit,
      limits: buildLimits(check, childPlace(root, 'limits'), value.limits),
    },
    hashed: hashedFiles(devices.sources, apps, [
      ...calendars,
      ...authorityFiles(root, identity),
      ...(value.gateway?.acme?.ca === undefined ? [] : [absolute(root, value.gateway.acme.ca)]),
    ]),
  }
}

/** `file:line` relative to the folder of the main file, for display. */
function lineOf({ file, path }: Place, folder: string): string {
  const { file: name, line } = file.source.problem(file.tree.original(path), 'value', '')
  return `${isAbsolute(name) ? relative(folder, name) : name}:${line}`
}

function collectNames(parts: readonly Included[]): Names {
  const keysIn = (node: unknown, path: readonly string[]): string[] => {
    const found = path.reduce(child, node)
    return isRecord(found) ? Object.keys(found) : []
  }
  const root = parts[0]!.file.tree.originalRoot
  const keys = (...path: string[]): string[] => keysIn(root, path)
  const identity = child(root, 'identity')
  const single = isRecord(identity) && identity['providers'] === undefined
  return {
    networks: keys('networks'),
    schedules: keys('schedules'),
    roles: keys('roles'),
    postures: keys('devices', 'postures'),
    providers: [
      ...(single ? ['default'] : keys('identity', 'providers')),
      ...(isRecord(identity) && identity['guests'] !== undefined ? [guestProvider] : []),
    ],
    apps: parts.flatMap((part) => keysIn(part.file.tree.originalRoot, ['apps'])),
  }
}

/** Files to hash. Never secrets: the hash is recorded in the audit, and a weak secret could be guessed from it. */
function hashedFiles(
  sources: Configuration['devices']['sources'],
  apps: ReadonlyMap<string, App>,
  more: readonly string[],
): string[] {
  const files = sources.flatMap((source) =>
    source.kind === 'inventory' ? [source.file] : source.kind === 'signed_jwt' ? [source.keys] : [],
  )
  for (const app of apps.values()) if (app.upstreamTls.ca !== undefined) files.push(app.upstreamTls.ca)
  return [...new Set([...files, ...more])].sort()
}
