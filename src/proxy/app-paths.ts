// Path mappings of an app: one for each public address whose paths are replaced or must stay below a prefix.

import type { App, PublicAddress } from '../config/configuration.ts'
import { createPathMapping, type PathMapping } from './path-mapping.ts'

/** Undefined: paths are the same on both sides, and the address has the whole host. Computed at reload. */
export function pathsOf(app: Pick<App, 'upstreamPath'>, address: Pick<PublicAddress, 'path'>): PathMapping | undefined {
  return createPathMapping(address.path, app.upstreamPath ?? address.path)
}
