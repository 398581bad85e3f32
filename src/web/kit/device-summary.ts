// One-line summary of a device's posture, for display only; no decision depends on it.

import { html, type Content } from './html.ts'
import { texts } from './language.ts'
import { relativeTime, type Clock } from './format-time.ts'
import type { Device, Fact } from '../../policy/device.ts'

/** `laptop-0815 · managed · disk encrypted · reported 5 minutes ago`. `id`: device id to which the session is bound. */
export function deviceSummary(id: string, device: Device | undefined, clock: Clock): Content {
  const say = words[clock.language]
  if (device?.state !== 'known') return html`${id} · ${say.unknown}`
  const { posture } = device
  const facts = [
    fact(posture.managed, say.managed, say.unmanaged),
    fact(posture.compliant, say.compliant, say.notCompliant),
    fact(posture.diskEncrypted, say.encrypted, say.plain),
    posture.os && `${posture.os.name} ${posture.os.version}`,
    say.known(relativeTime(posture.observedAt, clock)),
  ]
  return [id, ...facts.filter((one) => one !== undefined)].join(' · ')
}

function fact(value: Fact, yes: string, no: string): string | undefined {
  return value === undefined ? undefined : value ? yes : no
}

const words = texts({
  en: {
    unknown: 'state currently unknown',
    managed: 'managed',
    unmanaged: 'not managed',
    compliant: 'meets the requirements',
    notCompliant: 'does not meet the requirements',
    encrypted: 'disk encrypted',
    plain: 'disk not encrypted',
    known: (when: string) => `reported ${when}`,
  },
  de: {
    unknown: 'Zustand zurzeit unbekannt',
    managed: 'verwaltet',
    unmanaged: 'nicht verwaltet',
    compliant: 'erfüllt die Anforderungen',
    notCompliant: 'erfüllt die Anforderungen nicht',
    encrypted: 'Festplatte verschlüsselt',
    plain: 'Festplatte nicht verschlüsselt',
    known: (when) => `gemeldet ${when}`,
  },
})
