// Divides the limits per client address (connections, sign-in rate limit) by the number of workers.

import type { Configuration } from '../../config/configuration.ts'

/**
 * With SO_REUSEPORT the kernel distributes connections by a hash of both addresses and ports, so those of one client
 * reach all workers evenly. The concurrency limit of a user is not divided: a browser's HTTP/2 connection, with all its
 * requests, is at one worker.
 */
export function divideLimits(configuration: Configuration, workers: number): Configuration {
  const { limits } = configuration
  return {
    ...configuration,
    limits: {
      ...limits,
      connections: Math.ceil(limits.connections / workers),
      connectionsPerAddress: Math.ceil(limits.connectionsPerAddress / workers),
      signInsPerMinute: Math.ceil(limits.signInsPerMinute / workers),
    },
  }
}
