// The sentences of messages, in English and German.

import type { Language } from '../../policy/messages/locale.ts'

export interface Texts {
  readonly quotes: readonly [string, string]
  readonly somebody: string
  readonly something: string
  readonly emergency: string
  readonly extension: string
  readonly finding: string
  readonly configurationApplied: string
  readonly configurationRefused: string
  readonly decide: string
  readonly review: string
  readonly look: string
  readonly footer: string
  readonly footerWithLink: string
  /** By activity; person and application are put in. */
  readonly request: Readonly<Record<string, (person: string, app: string) => string>>
  readonly grant: Readonly<Record<string, (person: string, app: string) => string>>
  /** By `kind.activity`. */
  readonly leads: Readonly<Record<string, string>> & { readonly emergency: string }
  readonly severities: Readonly<Record<'info' | 'low' | 'medium' | 'high' | 'critical', string>>
  readonly levels: Readonly<Record<string, string>>
  /** Why the system took a grant back. */
  readonly invalidReasons: Readonly<Record<string, string>>
  readonly labels: Readonly<
    Record<
      | 'person'
      | 'app'
      | 'level'
      | 'kind'
      | 'duration'
      | 'from'
      | 'until'
      | 'reason'
      | 'ticket'
      | 'contract'
      | 'comment'
      | 'why'
      | 'detail'
      | 'by'
      | 'at',
      string
    >
  >
}

export function textsIn(language: Language): Texts {
  return language === 'de' ? german : english
}

const english: Texts = {
  quotes: ['“', '”'],
  somebody: 'Somebody',
  something: 'an application',
  emergency: 'EMERGENCY ACCESS',
  extension: 'Extension of access that is there already',
  finding: 'Finding',
  configurationApplied: 'A configuration was put in force',
  configurationRefused: 'A changed configuration was refused',
  decide: 'Look at it and decide',
  review: 'Review it now',
  look: 'Open in Einlass',
  footer: 'Sent by Einlass.',
  footerWithLink: 'Sent by Einlass. The page asks you to sign in; the link alone opens nothing and decides nothing.',
  request: {
    opened: (person, app) => `${person} asks for access to ${app}`,
    supported: (person, app) => `One approval for ${person} and ${app}, more are needed`,
    approved: (person, app) => `Approved: ${person} may use ${app}`,
    denied: (person, app) => `Declined: access to ${app} for ${person}`,
    withdrawn: (person, app) => `Withdrawn: ${person} no longer asks for ${app}`,
    lapsed: (person, app) => `Nobody decided: the request of ${person} for ${app} has lapsed`,
    emergency: (person, app) => `${person} has opened ${app}`,
    reviewed: (person, app) => `Reviewed: ${person} at ${app}`,
    unreviewed: (person, app) => `Nobody has reviewed it: ${person} at ${app}`,
    other: (person, app) => `Request of ${person} for ${app}`,
  },
  grant: {
    given: (person, app) => `Access given: ${person} to ${app}`,
    revoked: (person, app) => `Access taken back: ${person} to ${app}`,
    extended: (person, app) => `Access extended: ${person} to ${app}`,
    ending: (person, app) => `Access ends soon: ${person} to ${app}`,
    ended: (person, app) => `Access has ended: ${person} to ${app}`,
    other: (person, app) => `Access of ${person} to ${app}`,
  },
  leads: {
    emergency: 'This access was opened by the person alone, without an approval beforehand. It has to be reviewed.',
    'request.opened': 'You may decide about it. Nobody has access before that.',
    'request.supported': 'There is no access yet.',
    'request.approved': 'The access ends by itself.',
    'request.denied': 'There is no access.',
    'request.withdrawn': 'There is nothing left to decide.',
    'request.lapsed': 'There is no access. It can be asked for again.',
    'request.reviewed': 'Nothing is left to do.',
    'request.unreviewed': 'Access was opened without an approval, and its review is overdue.',
    'grant.given': 'It ends by itself.',
    'grant.revoked': 'What was open has been closed.',
    'grant.extended': 'It ends by itself, at the new time.',
    'grant.ending': 'If it is still needed, it has to be asked for anew or extended.',
    'grant.ended': 'What was open has been closed.',
    'configuration.refused': 'The one before stays in force.',
  },
  severities: { info: 'Note', low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' },
  levels: { read: 'Read only', full: 'Full' },
  invalidReasons: {
    app_gone: 'The application is no longer configured',
    sponsor_gone: 'There is no sponsor any more',
    entitlement_gone: 'This access is no longer offered',
    no_longer_eligible: 'The person may no longer have it',
  },
  labels: {
    person: 'Person',
    app: 'Application',
    level: 'Access',
    kind: 'Kind',
    duration: 'For',
    from: 'From',
    until: 'Until',
    reason: 'Reason',
    ticket: 'Ticket',
    contract: 'Contract',
    comment: 'Comment',
    why: 'Because',
    detail: 'Details',
    by: 'By',
    at: 'At',
  },
}

const german: Texts = {
  quotes: ['„', '“'],
  somebody: 'Jemand',
  something: 'eine Anwendung',
  emergency: 'NOTFALLZUGRIFF',
  extension: 'Verlängerung eines bestehenden Zugriffs',
  finding: 'Befund',
  configurationApplied: 'Eine Konfiguration wurde in Kraft gesetzt',
  configurationRefused: 'Eine geänderte Konfiguration wurde abgelehnt',
  decide: 'Ansehen und entscheiden',
  review: 'Jetzt prüfen',
  look: 'In Einlass öffnen',
  footer: 'Gesendet von Einlass.',
  footerWithLink:
    'Gesendet von Einlass. Die Seite verlangt Ihre Anmeldung; der Link allein öffnet nichts und entscheidet nichts.',
  request: {
    opened: (person, app) => `${person} bittet um Zugriff auf ${app}`,
    supported: (person, app) => `Eine Zustimmung für ${person} und ${app}, weitere fehlen noch`,
    approved: (person, app) => `Genehmigt: ${person} darf ${app} benutzen`,
    denied: (person, app) => `Abgelehnt: Zugriff auf ${app} für ${person}`,
    withdrawn: (person, app) => `Zurückgezogen: ${person} bittet nicht mehr um ${app}`,
    lapsed: (person, app) => `Niemand hat entschieden: Die Anfrage von ${person} zu ${app} ist verfallen`,
    emergency: (person, app) => `${person} hat ${app} geöffnet`,
    reviewed: (person, app) => `Geprüft: ${person} auf ${app}`,
    unreviewed: (person, app) => `Niemand hat es geprüft: ${person} auf ${app}`,
    other: (person, app) => `Anfrage von ${person} zu ${app}`,
  },
  grant: {
    given: (person, app) => `Zugriff erteilt: ${person} auf ${app}`,
    revoked: (person, app) => `Zugriff entzogen: ${person} auf ${app}`,
    extended: (person, app) => `Zugriff verlängert: ${person} auf ${app}`,
    ending: (person, app) => `Zugriff endet bald: ${person} auf ${app}`,
    ended: (person, app) => `Zugriff ist beendet: ${person} auf ${app}`,
    other: (person, app) => `Zugriff von ${person} auf ${app}`,
  },
  leads: {
    emergency: 'Diesen Zugriff hat die Person allein und ohne vorherige Zustimmung geöffnet. Er muss geprüft werden.',
    'request.opened': 'Sie können darüber entscheiden. Vorher hat niemand Zugriff.',
    'request.supported': 'Noch besteht kein Zugriff.',
    'request.approved': 'Der Zugriff endet von selbst.',
    'request.denied': 'Es besteht kein Zugriff.',
    'request.withdrawn': 'Es ist nichts mehr zu entscheiden.',
    'request.lapsed': 'Es besteht kein Zugriff. Es kann erneut darum gebeten werden.',
    'request.reviewed': 'Es ist nichts mehr zu tun.',
    'request.unreviewed': 'Zugriff wurde ohne Zustimmung geöffnet, und die Prüfung ist überfällig.',
    'grant.given': 'Er endet von selbst.',
    'grant.revoked': 'Was offen war, wurde geschlossen.',
    'grant.extended': 'Er endet von selbst, zum neuen Zeitpunkt.',
    'grant.ending': 'Wird er weiter gebraucht, muss er neu beantragt oder verlängert werden.',
    'grant.ended': 'Was offen war, wurde geschlossen.',
    'configuration.refused': 'Die bisherige bleibt in Kraft.',
  },
  severities: { info: 'Hinweis', low: 'Niedrig', medium: 'Mittel', high: 'Hoch', critical: 'Kritisch' },
  levels: { read: 'Nur lesen', full: 'Voll' },
  invalidReasons: {
    app_gone: 'Die Anwendung ist nicht mehr eingerichtet',
    sponsor_gone: 'Es gibt keinen Fürsprecher mehr',
    entitlement_gone: 'Dieser Zugriff wird nicht mehr angeboten',
    no_longer_eligible: 'Die Person darf ihn nicht mehr haben',
  },
  labels: {
    person: 'Person',
    app: 'Anwendung',
    level: 'Zugriff',
    kind: 'Art',
    duration: 'Für',
    from: 'Ab',
    until: 'Bis',
    reason: 'Grund',
    ticket: 'Ticket',
    contract: 'Vertrag',
    comment: 'Bemerkung',
    why: 'Weil',
    detail: 'Einzelheiten',
    by: 'Durch',
    at: 'Am',
  },
}
