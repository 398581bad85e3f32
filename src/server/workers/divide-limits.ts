// A worker's share of what one client address may have of the whole gateway.

import type { Configuration } from '../../config/configuration.ts'

/**
 * The system shares connections out by address and port of both sides, so that those of one client come to all workers
 * alike. What one person has under way is not divided: a browser's connection over HTTP/2 is at one worker, whole.
 */
export function divideLimits(configuration: Configuration, workers: number): Configuration {
  const { limits } = configuration
  return {
    ...configuration,
    limits: {
      ...limits,
      connectionsPerAddress: Math.ceil(limits.connectionsPerAddress / workers),
      signInsPerMinute: Math.ceil(limits.signInsPerMinute / workers),
      pendingSignIns: Math.ceil(limits.pendingSignIns / workers),
    },
  }
}
