// Certificates and pending challenges of all nodes, in memory: follows the change feed, so that a listener never waits for the store.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { IssuedCertificates, KeyPair } from '../http/server/issued-certificates.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import { createReplica } from '../store/replica.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { HostRecord, HostRecords } from './host-record.ts'

export interface HeldCertificates {
  /** For the listeners with TLS. */
  readonly issued: IssuedCertificates
  /** Body of the answer to a challenge of http-01 (RFC 8555 8.3); undefined: no token of ours for this host. */
  httpAnswer(host: string, token: string): string | undefined
  /** Undefined: nothing is held. */
  recordOf(name: string): HostRecord | undefined
  /** A write of this node: it counts at once here, and soon on the others. Never rejects. */
  announce(record: HostRecord): Promise<void>
  /** Reads all records; rejects when the store is unreachable. */
  load(): Promise<void>
  stop(): void
}

/** `names`: the hosts of the configuration, read at each look; records of others are held, but used for nothing. */
export function createHeldCertificates(options: {
  readonly records: HostRecords
  readonly changes: ChangeFeed
  readonly names: () => ReadonlySet<string>
  readonly now: () => number
  readonly log: Logger
}): HeldCertificates {
  const { records, changes, names, now, log } = options
  let held: ReadonlyMap<string, Held> = new Map()

  const replica = createReplica<HostRecord>({
    records,
    changes,
    kind: 'certificate',
    log,
    apply: (name, record) => put([[name, record]]),
    applyAll(all, touched) {
      const read = new Map(all.map((record) => [record.name, record] as const))
      put(
        [...new Set([...held.keys(), ...read.keys()])]
          .filter((name) => !touched.has(name))
          .map((name) => [name, read.get(name)]),
      )
    },
  })

  function put(changed: readonly (readonly [string, HostRecord | undefined])[]): void {
    const next = new Map(held)
    for (const [name, record] of changed) {
      if (record === undefined) next.delete(name)
      else next.set(name, heldOf(record, held.get(name), log))
    }
    held = next
  }

  const pending = (name: string, type: 'tls-alpn-01' | 'http-01') => {
    const challenge = names().has(name) ? held.get(name)?.record.challenge : undefined
    return challenge?.type === type && challenge.until > now() ? challenge : undefined
  }

  return {
    issued: {
      certificateFor(name) {
        if (!names().has(name)) return undefined
        return held.get(name)?.pair ?? 'missing'
      },
      isProving: () => [...held.keys()].some((name) => pending(name, 'tls-alpn-01') !== undefined),
      proofFor: (name) => pending(name, 'tls-alpn-01')?.proof,
    },
    httpAnswer(host, token) {
      const challenge = pending(host, 'http-01')
      return challenge?.token === token ? challenge.keyAuthorization : undefined
    },
    recordOf: (name) => held.get(name)?.record,
    async announce(record) {
      replica.supersede(record.name)
      put([[record.name, record]])
      await replica.announce(record.name)
    },
    load: replica.load,
    stop: replica.stop,
  }
}

interface Held {
  readonly record: HostRecord
  readonly pair: KeyPair | undefined
}

/** The same pair as before while the certificate is the same, as listeners keep a TLS context for each. */
function heldOf(record: HostRecord, before: Held | undefined, log: Logger): Held {
  const { certificate, name } = record
  if (certificate === undefined) return { record, pair: undefined }
  const { cert, key } = certificate
  if (before?.pair?.cert === cert && before.pair.key === key) return { record, pair: before.pair }
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error('the key does not match')
    return { record, pair: { cert, key } }
  } catch (error) {
    // In a handshake it would be an exception: then rather the certificate before.
    log.error({ err: error, host: name }, 'a certificate in the store cannot be used')
    return { record, pair: before?.pair }
  }
}
