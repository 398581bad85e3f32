// Fuzz target audit: every event is one JSON object on one line of printable characters (log injection).

import fc from 'fast-check'
import { accessFrom, type DecisionInput } from '../../../src/audit/decision-input.ts'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { createRecorder } from '../../../src/audit/recorder.ts'
import { createOcsf } from '../../../src/audit/ocsf/ocsf.ts'
import type { Sink } from '../../../src/audit/sink.ts'
import { anyEvent } from '../../audit/arbitrary-events.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

export const audit: FuzzTarget = {
  name: 'audit',
  law: 'one event, one JSON line, nothing unprintable; the decision can be read back',
  weight: 1,
  async open() {
    const line = createOcsf()
    let sequence = 0
    // A sink that keeps the lines.
    let kept = ''
    let recorded = 0
    const sink: Sink = {
      name: 'kept',
      write: async (lines) => void (kept += lines.toString('utf8')),
      close: async () => {},
    }
    const recorder = createRecorder({ sinks: [sink], now: Date.now, limits: { count: 1_000_000, bytes: 1024 ** 3 } })
    return opened(
      anyEvent as fc.Arbitrary<AuditEvent>,
      (event) => {
        checkLine(line(event, { uid: 'u', sequence: ++sequence, instance: 'i', configuration: 'c' }), event)
        if (recorded++ < 2_000) recorder.record(event)
      },
      {
        async settle() {
          must(await recorder.flush(), 'everything recorded is written')
          const lines = kept.split('\n')
          must(lines.pop() === '', 'the last line is whole')
          must(lines.length === Math.min(recorded, 2_000), 'as many lines as events', lines.length)
          lines.forEach((text) => checkLine(text))
          kept = ''
          recorded = 0
        },
        close: () => recorder.close(),
      },
    )
  },
}

function checkLine(text: string, event?: AuditEvent): void {
  must(!/[\0-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text), 'nothing unprintable', text)
  must(text.isWellFormed(), 'no half of a character', text)
  const value = JSON.parse(text) as { class_uid?: unknown; unmapped?: { decision_input?: DecisionInput } }
  must(typeof value === 'object' && value !== null && typeof value.class_uid === 'number', 'an OCSF object')
  if (event?.kind !== 'access') return
  must(value.unmapped?.decision_input !== undefined, 'what was decided on is there')
  accessFrom(value.unmapped.decision_input)
}
