// Redis connections (single, Sentinel, Cluster) that fail fast, reconnect with back-off, and always have an error listener.

import { Cluster, Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import { redisScripts } from './redis-scripts.ts'
import type { RedisAddress } from './redis-url.ts'

export type RedisClient = Redis | Cluster

/** Milliseconds without data, while a response is pending, after which a connection counts as dead. */
const idleTimeout = 2500

/** Connects in the background and reconnects without limit. `onError` gets each error, possibly often. */
export function connectRedis(address: RedisAddress, name: string, onError: (error: Error) => void): RedisClient {
  const client = address.mode === 'cluster' ? cluster(address, name) : single(address, name)
  client.on('error', onError)
  // A cluster reports an unreachable node only by this event.
  client.on('node error', onError)
  return client
}

function single(address: RedisAddress, name: string): Redis {
  const host = address.hosts[0]!
  const endpoint: RedisOptions =
    address.mode === 'sentinel'
      ? {
          sentinels: address.hosts.map((each) => ({ ...each })),
          name: address.master,
          sentinelPassword: address.sentinelPassword,
          sentinelRetryStrategy: backOff,
          sentinelCommandTimeout: 2000,
          connectTimeout: 2000,
          // Follows +switch-master: without it an unresponsive old master would be used until it closes the connection.
          failoverDetector: true,
          enableTLSForSentinelMode: address.tls,
          ...(address.tls ? { sentinelTLS: {} } : {}),
        }
      : { host: host.host, port: host.port }
  return new Redis({
    ...common(address, name),
    ...endpoint,
    db: address.database,
    retryStrategy: backOff,
    enableOfflineQueue: false,
  })
}

function cluster(address: RedisAddress, name: string): Cluster {
  const client = new Cluster(
    address.hosts.map((each) => ({ ...each })),
    {
      enableOfflineQueue: false,
      clusterRetryStrategy: backOff,
      slotsRefreshTimeout: 2000,
      slotsRefreshInterval: 2000,
      scripts: redisScripts,
      redisOptions: common(address, name),
    },
  ) // Connects at once: by default the first command connects, and commands right after it are delayed by 100 ms.
  client.on('+node', (node: Redis) => {
    if (node.status === 'wait') node.connect().catch(() => {})
  })
  return client
}

function common(address: RedisAddress, name: string): RedisOptions {
  return {
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.tls ? { tls: {} } : {}),
    connectionName: name,
    connectTimeout: 2000,
    socketTimeout: idleTimeout,
    keepAlive: 5000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxLoadingRetryTime: 500,
    // A Redis error starts with its code: a master that became a replica returns READONLY.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    scripts: redisScripts,
  }
}

function backOff(attempt: number): number {
  return Math.min(attempt * 50, 500)
}
