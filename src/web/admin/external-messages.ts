// Texts of the external access page in English and German.

import { texts } from '../kit/language.ts'
import type { ExternalLine, Remark } from '../../grants/external/register.ts'

export interface Words {
  title: string
  lead: string
  none: string
  open: string
  over: string
  csv: string
  json: string
  to: string
  until: string
  sponsor: string
  contract: string
  reason: string
  givenBy: string
  lastUsed: string
  never: string
  levels: Record<ExternalLine['level'], string>
  state: Record<ExternalLine['state'], string>
  remarks: Record<Remark, string>
}

export const words = texts<Words>({
  en: {
    title: 'External access',
    lead: 'People from other organisations, the applications they can use, until when, and who sponsors them.',
    none: 'No one from another organisation has access at the moment.',
    open: 'Current access',
    over: 'Past access',
    csv: 'Download as CSV',
    json: 'Download as JSON',
    to: 'Application',
    until: 'Until',
    sponsor: 'Sponsor',
    contract: 'Contract',
    reason: 'Reason',
    givenBy: 'Granted by',
    lastUsed: 'Last used',
    never: 'never',
    levels: { read: 'read only', full: 'full access' },
    state: { counts: 'active', coming: 'starts later', over: 'ended', revoked: 'ended early' },
    remarks: {
      no_sponsor: 'No sponsor is named.',
      too_long: 'This access lasts for more than another 90 days.',
      never_signed_in: 'This person has never signed in here.',
      never_used: 'This access has never been used.',
    },
  },
  de: {
    title: 'Externe Zugänge',
    lead: 'Personen aus anderen Organisationen, die Anwendungen, die sie nutzen können, bis wann, und wer dafür verantwortlich ist.',
    none: 'Zurzeit hat niemand aus einer anderen Organisation Zugang.',
    open: 'Bestehende Zugänge',
    over: 'Beendete Zugänge',
    csv: 'Als CSV herunterladen',
    json: 'Als JSON herunterladen',
    to: 'Anwendung',
    until: 'Bis',
    sponsor: 'Verantwortlich',
    contract: 'Vertrag',
    reason: 'Grund',
    givenBy: 'Gewährt von',
    lastUsed: 'Zuletzt genutzt',
    never: 'nie',
    levels: { read: 'nur lesen', full: 'voller Zugang' },
    state: { counts: 'aktiv', coming: 'beginnt später', over: 'abgelaufen', revoked: 'vorzeitig beendet' },
    remarks: {
      no_sponsor: 'Es ist keine verantwortliche Person genannt.',
      too_long: 'Dieser Zugang gilt noch länger als 90 Tage.',
      never_signed_in: 'Diese Person hat sich hier noch nie angemeldet.',
      never_used: 'Dieser Zugang wurde noch nie genutzt.',
    },
  },
})
