// Texts of the external access page in English and German.

import { texts } from '../kit/language.ts'
import type { ExternalFilter } from './external-filter.ts'
import type { ExternalLine, Remark } from '../../grants/external/register.ts'

export interface Words {
  title: string
  lead: string
  none: string
  noneFound: string
  grants: string
  search: string
  filter: string
  unfiltered: string
  anyState: string
  filters: Record<Exclude<ExternalFilter['state'], ''>, string>
  whole: string
  csv: string
  json: string
  person: string
  to: string
  status: string
  until: string
  sponsor: string
  basis: string
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
    none: 'No one from another organisation has or had access.',
    noneFound: 'No entry matches this filter.',
    grants: 'Access, one row per grant',
    search: 'Person, organisation, application or sponsor',
    filter: 'Filter',
    unfiltered: 'Show all',
    anyState: 'Every status',
    filters: {
      counts: 'Active',
      coming: 'Starts later',
      over: 'Ended',
      revoked: 'Ended early',
      warned: 'With a warning',
    },
    whole: 'The files hold the whole register, whatever the filter.',
    csv: 'Download as CSV',
    json: 'Download as JSON',
    person: 'Person',
    to: 'Application',
    status: 'Status',
    until: 'Until',
    sponsor: 'Sponsor',
    basis: 'Contract, reason',
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
    none: 'Niemand aus einer anderen Organisation hat oder hatte Zugang.',
    noneFound: 'Kein Eintrag passt zu diesem Filter.',
    grants: 'Zugänge, je Zeile eine Freigabe',
    search: 'Person, Organisation, Anwendung oder Verantwortliche',
    filter: 'Filtern',
    unfiltered: 'Alle zeigen',
    anyState: 'Jeder Status',
    filters: {
      counts: 'Aktiv',
      coming: 'Beginnt später',
      over: 'Abgelaufen',
      revoked: 'Vorzeitig beendet',
      warned: 'Mit Warnung',
    },
    whole: 'Die Dateien enthalten das ganze Verzeichnis, unabhängig vom Filter.',
    csv: 'Als CSV herunterladen',
    json: 'Als JSON herunterladen',
    person: 'Person',
    to: 'Anwendung',
    status: 'Status',
    until: 'Bis',
    sponsor: 'Verantwortlich',
    basis: 'Vertrag, Grund',
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
