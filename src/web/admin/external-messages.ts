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
  noEnd: string
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
    lead: 'Who of other organisations may use what, until when, and who answers for it.',
    none: 'At the moment nobody of another organisation has access.',
    open: 'Access there is',
    over: 'Access there was',
    csv: 'As a table (CSV)',
    json: 'For programs (JSON)',
    to: 'Application',
    until: 'Until',
    noEnd: 'no end',
    sponsor: 'Answers for it',
    contract: 'Contract',
    reason: 'Reason',
    givenBy: 'Given by',
    lastUsed: 'Last used',
    never: 'never',
    levels: { read: 'reading only', full: 'everything' },
    state: { counts: 'open', coming: 'begins later', over: 'over', revoked: 'ended early' },
    remarks: {
      no_sponsor: 'Nobody is named who answers for it.',
      too_long: 'It lasts more than another 90 days.',
      never_signed_in: 'This person has never signed in here.',
      never_used: 'It has never been used.',
    },
  },
  de: {
    title: 'Externe Zugänge',
    lead: 'Wer aus anderen Organisationen was bis wann benutzen darf und wer dafür einsteht.',
    none: 'Zurzeit hat niemand aus einer anderen Organisation Zugang.',
    open: 'Bestehende Zugänge',
    over: 'Beendete Zugänge',
    csv: 'Als Tabelle (CSV)',
    json: 'Für Programme (JSON)',
    to: 'Anwendung',
    until: 'Bis',
    noEnd: 'ohne Ende',
    sponsor: 'Steht dafür ein',
    contract: 'Vertrag',
    reason: 'Grund',
    givenBy: 'Gegeben von',
    lastUsed: 'Zuletzt benutzt',
    never: 'nie',
    levels: { read: 'nur lesen', full: 'alles' },
    state: { counts: 'offen', coming: 'beginnt später', over: 'abgelaufen', revoked: 'vorzeitig beendet' },
    remarks: {
      no_sponsor: 'Niemand ist genannt, der dafür einsteht.',
      too_long: 'Er dauert noch länger als 90 Tage.',
      never_signed_in: 'Diese Person hat sich hier noch nie angemeldet.',
      never_used: 'Er wurde noch nie benutzt.',
    },
  },
})
