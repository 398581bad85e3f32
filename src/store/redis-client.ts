// Connections to Redis that fail at once, come back by themselves, and never end the process with an unheard error.

import { Cluster, Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import { redisScripts } from './redis-scripts.ts'
import type { RedisAddress } from './redis-url.ts'

export type RedisClient = Redis | Cluster

/** A connection that says nothing for this long while it owes an answer is taken for dead. */
const idleTimeout = 2500

/** Connects in the background, for ever. `onError` hears what went wrong, possibly often. */
export function connectRedis(address: RedisAddress, name: string, onError: (error: Error) => void): RedisClient {
  const client = address.mode === 'cluster' ? cluster(address, name) : single(address, name)
  client.on('error', onError)
  // A cluster reports a lost node here, and nowhere else.
  client.on('node error', onError)
  return client
}

function single(address: RedisAddress, name: string): Redis {
  const host = address.hosts[0]!
  const place: RedisOptions =
    address.mode === 'sentinel'
      ? {
          sentinels: address.hosts.map((each) => ({ ...each })),
          name: address.master,
          sentinelPassword: address.sentinelPassword,
          sentinelRetryStrategy: backOff,
          sentinelCommandTimeout: 2000,
          connectTimeout: 2000,
          // Follows +switch-master: without it a silent old master would be believed until it closes the connection.
          failoverDetector: true,
          enableTLSForSentinelMode: address.tls,
          ...(address.tls ? { sentinelTLS: {} } : {}),
        }
      : { host: host.host, port: host.port }
  return new Redis({
    ...common(address, name),
    ...place,
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
  ) // Otherwise each node is connected to by its first command, and those right behind it are put off by 100 ms.
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
    // The first word of a Redis error is its code: a master that became a replica says READONLY.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    scripts: redisScripts,
  }
}

function backOff(attempt: number): number {
  return Math.min(attempt * 50, 500)
}
