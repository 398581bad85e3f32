// Audit events about devices (observed, changed, conflict, mismatch, rejected claim), deduplicated against floods.

import { createHash } from 'node:crypto'
import type { Recorder } from '../audit/event.ts'
import type { Posture } from '../policy/device.ts'
import type { Store } from '../store/store.ts'
import type { PostureQuery } from './posture-query.ts'
import type { Person } from './owner.ts'
import type { Conflict } from './posture.ts'

export interface DeviceEvents {
  observed(posture: Posture, before: Posture | undefined): void
  changed(device: string, source: string, detail: string): void
  conflict(device: string, source: string, conflicts: readonly Conflict[]): void
  mismatch(device: string, pinned: string, source: string): void
  ownerMismatch(posture: Posture, person: Person): void
  refused(detail: string, question: PostureQuery): void
}

export function createDeviceEvents(options: {
  readonly store: Pick<Store, 'add'>
  readonly record: Recorder
  readonly now: () => number
}): DeviceEvents {
  const { store, record, now } = options
  const reported = new Map<string, number>()

  /** True at most once a minute per key; cleared before it grows without bound. */
  function shouldReport(text: string): boolean {
    const at = now()
    const last = reported.get(text)
    if (last !== undefined && at - last < repeatInterval && at >= last) return false
    if (reported.size >= 1000) reported.clear()
    reported.set(text, at)
    return true
  }

  function event(
    activity: 'observed' | 'changed' | 'conflict' | 'mismatch',
    device: string,
    source: string,
    detail: string,
  ): void {
    record({ kind: 'device', at: now(), actor: { kind: 'system' }, device, source, activity, detail })
  }

  return {
    observed(posture, before) {
      if (before === undefined) event('observed', posture.deviceId, posture.source, describe(posture))
      else event('changed', posture.deviceId, posture.source, describe(posture, before))
    },
    changed: (device, source, detail) => event('changed', device, source, detail),
    conflict(device, source, conflicts) {
      const detail = conflicts.map(({ attribute, values }) => `${attribute}: ${values.join(', ')}`).join('; ')
      const text = `${device} ${detail}`
      if (!shouldReport(`conflict ${text}`)) return
      // Every node sees the same conflict; one of them records it, once a day.
      const key = `device-conflict:${createHash('sha256').update(text).digest('base64url')}`
      store.add(key, '1', day).then(
        (first) => first && event('conflict', device, source, detail),
        () => event('conflict', device, source, detail),
      )
    },
    mismatch(device, pinned, source) {
      if (shouldReport(`mismatch ${device} ${pinned}`)) {
        event('mismatch', device, source, `the session belongs to the device ${pinned}`)
      }
    },
    ownerMismatch(posture, { provider, sub }) {
      if (shouldReport(`owner ${posture.deviceId} ${provider}|${sub}`)) {
        event('mismatch', posture.deviceId, posture.source, `used by ${provider}|${sub}, who does not own it`)
      }
    },
    refused(detail, { peer, host }) {
      // Any client can send such headers: reported once a minute, and never with their content.
      if (!shouldReport(`refused ${detail}`)) return
      record({
        kind: 'finding',
        at: now(),
        actor: { kind: 'stranger' },
        origin: undefined,
        title: 'A device posture was claimed and not proven',
        detail: `${detail} (peer ${peer}, host ${host})`,
        severity: 'low',
      })
    },
  }
}

/** Milliseconds. */
const repeatInterval = 60_000
const day = 24 * 3_600_000

function describe(posture: Posture, before?: Posture): string {
  const facts = (of: Posture): [string, unknown][] => [
    ['managed', of.managed],
    ['owner', of.owner],
    ['compliant', of.compliant],
    ['disk_encrypted', of.diskEncrypted],
    ['os', of.os && `${of.os.name} ${of.os.version}`],
    ['screen_lock', of.screenLock],
    ['firewall', of.firewall],
    ['antivirus present', of.antivirus?.present],
    ['antivirus healthy', of.antivirus?.healthy],
    ['risk', of.risk],
  ]
  const show = (value: unknown) => (value === undefined ? 'unknown' : String(value))
  if (before === undefined) {
    return facts(posture)
      .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${show(value)}`]))
      .join(', ')
  }
  const earlier = new Map(facts(before))
  return facts(posture)
    .filter(([name, value]) => show(value) !== show(earlier.get(name)))
    .map(([name, value]) => `${name} ${show(earlier.get(name))} -> ${show(value)}`)
    .join(', ')
}
