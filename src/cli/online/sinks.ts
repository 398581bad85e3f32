// Mail servers and webhooks of `audit.sinks`, for `einlass check --online`.

import { readFile } from 'node:fs/promises'
import { probeSink } from '../../audit/notifications/probe.ts'
import type { SinkSettings } from '../../config/audit-settings.ts'
import type { Configuration } from '../../config/configuration.ts'
import { bounded, clockSample, type Asked } from './online-check.ts'

export function askSinks({ audit }: Pick<Configuration, 'audit'>): readonly Promise<Asked>[] {
  return audit.sinks.map((sink) => bounded(nameOf(sink), () => askSink(sink)))
}

async function askSink(sink: SinkSettings): Promise<Asked> {
  const name = nameOf(sink)
  const ca = sink.ca === undefined ? undefined : await readFile(sink.ca, 'utf8')
  const found = await probeSink(sink, ca)
  if (!found.ok) return { checks: [{ name, ...found }] }
  const clock = clockSample(name, found.date, Date.now())
  return { checks: [{ name, ok: true, detail: found.detail }], clocks: clock === undefined ? [] : [clock] }
}

/** The address of a chat is a secret; that of a mail server is not. */
function nameOf(sink: SinkSettings): string {
  return sink.kind === 'mail' ? `mail ${sink.name} (${sink.host}:${sink.port})` : `${sink.kind} ${sink.name}`
}
