// Audit of a gateway with workers: one collector that writes for all, and a recorder for the supervisor's own events.

import { randomBytes, randomUUIDv7 } from 'node:crypto'
import type { Sender } from '../../audit/notifications/sender.ts'
import { createOcsf } from '../../audit/ocsf/ocsf.ts'
import { openSinks } from '../../audit/open.ts'
import { createRecorder, type AuditRecorder } from '../../audit/recorder.ts'
import type { Sink } from '../../audit/sink.ts'
import type { AuditSettings } from '../../config/audit-settings.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { createAuditCollector, type AuditCollector } from './audit-collector.ts'
import type { PreparedChange } from './management.ts'

export interface SharedAudit {
  readonly lines: AuditCollector
  readonly recorder: AuditRecorder
  /** Opens the sinks of `settings`, and returns how to switch to them. Rejects when one cannot be opened. */
  prepare(settings: AuditSettings): Promise<PreparedChange>
  close(): Promise<void>
}

export interface SharedAuditDependencies {
  readonly log: Logger
  readonly now: () => number
  readonly configurationHash: () => string | undefined
  /** As `SinkDependencies.timeZone`. */
  readonly timeZone: () => string
  /** As `SinkDependencies.sender`. */
  readonly sender: () => Sender
}

/** Milliseconds to write queued events at shutdown. */
const shutdownTimeout = 5_000

/** Rejects when the audit file cannot be opened: a gateway that cannot record events does not start. */
export async function openSharedAudit(settings: AuditSettings, deps: SharedAuditDependencies): Promise<SharedAudit> {
  const { log, now, configurationHash, timeZone, sender } = deps
  const open = (from: AuditSettings): Promise<Sink[]> => openSinks(from, { log, now, timeZone, sender })
  const lines = createAuditCollector({
    sinks: await open(settings),
    now,
    announceLoss: lossReporter(now, configurationHash),
    onLoss: (sink) => log.error({ sink }, 'audit events are being lost'),
    onState: (sink, state, error) =>
      log[state === 'working' ? 'info' : 'error']({ sink, error }, `an audit sink is ${state}`),
  })
  const recorder = createRecorder({ sinks: [lines.sink], now, configurationHash })
  return {
    lines,
    recorder,
    async prepare(next) {
      const sinks = await open(next)
      return {
        commit: () => lines.change(sinks),
        rollback: async () => void (await Promise.all(sinks.map((sink) => sink.close()))),
      }
    },
    async close() {
      await recorder.close(shutdownTimeout)
      await lines.close(shutdownTimeout)
    },
  }
}

/** Loss reports replace lines of any worker, so they have an instance id and a sequence of their own. */
function lossReporter(now: () => number, configurationHash: () => string | undefined) {
  const line = createOcsf()
  const instance = randomBytes(8).toString('hex')
  let sequence = 0
  return (count: number, from: number, until: number, sink: string): Buffer => {
    const events = count === 1 ? '1 audit event of a worker was' : `${count} audit events of workers were`
    const text = line(
      {
        kind: 'finding',
        at: now(),
        actor: { kind: 'system' },
        origin: undefined,
        title: 'Audit events were lost',
        detail: `${events} lost between ${instant(from)} and ${instant(until)} (sink ${sink})`,
        severity: 'high',
      },
      { uid: randomUUIDv7(), sequence: ++sequence, instance, configuration: configurationHash() },
    )
    return Buffer.from(`${text}\n`)
  }
}

function instant(at: number): string {
  return new Date(at).toISOString()
}
