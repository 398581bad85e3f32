// Opens the configured posture sources in their order, which is the order of trust.

import type { Configuration, PostureSourceSettings } from '../config/configuration.ts'
import { createDevices, type Devices, type DevicesDependencies } from './devices.ts'
import { openInventory } from './sources/inventory-file.ts'
import type { PostureSource } from './posture-source.ts'
import { openSignedJwt } from './sources/signed-jwt.ts'
import { createTrustedHeader } from './sources/trusted-header.ts'
import { never } from '../policy/never.ts'

export interface DeviceSettings {
  readonly sources: Configuration['devices']['sources']
  readonly postures: Configuration['devices']['postures']
  /** Origin of the gateway: `aud` of posture tokens. */
  readonly origin: string
}

/** Rejects when a file cannot be read, after closing the sources opened so far. */
export async function openDevices(
  settings: DeviceSettings,
  deps: Omit<DevicesDependencies, 'sources'>,
): Promise<Devices> {
  const sources: PostureSource[] = []
  try {
    for (const source of settings.sources) sources.push(await openSource(source, settings.origin, deps))
  } catch (error) {
    await Promise.all(sources.map((source) => source.stop()))
    throw error
  }
  // Twice the longest `max_age`, so that the decision can report "too old" instead of "unknown".
  const max = Math.max(0, ...[...settings.postures.values()].map(({ maxAge }) => maxAge))
  return createDevices({ observationTtl: Math.max(minRetention, 2 * max), ...deps, sources })
}

const minRetention = 48 * 3_600_000

function openSource(
  source: PostureSourceSettings,
  origin: string,
  deps: Omit<DevicesDependencies, 'sources'>,
): PostureSource | Promise<PostureSource> {
  switch (source.kind) {
    case 'trusted_header':
      return createTrustedHeader(source)
    case 'signed_jwt':
      return openSignedJwt({ name: source.name, keys: source.keys, audience: origin }, deps)
    case 'inventory':
      return openInventory({ name: source.name, file: source.file }, deps)
    default:
      return never(source)
  }
}
