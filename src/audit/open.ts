// Chooses the sinks the configuration names.

import type { AuditSettings } from '../config/configuration.ts'
import type { Sink } from './sink.ts'
import { openFileSink } from './sinks/file.ts'
import { createStdoutSink } from './sinks/stdout.ts'

/** Rejects when the audit file cannot be opened: a gateway that cannot record does not start. */
export async function openSinks(settings: AuditSettings): Promise<Sink[]> {
  const sinks: Sink[] = []
  if (settings.stdout) sinks.push(createStdoutSink())
  if (settings.file !== undefined) {
    const { path } = settings.file
    sinks.push(
      await openFileSink(settings.file).catch((cause: NodeJS.ErrnoException) => {
        throw Object.assign(
          new Error(`audit.file.path: ${path} cannot be opened (${cause.code ?? 'unknown'})`, { cause }),
          {
            code: 'audit_unavailable',
          },
        )
      }),
    )
  }
  return sinks
}
