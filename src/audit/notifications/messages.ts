// Texts of notifications (mail and chat) in English and German.

import type { Language } from '../../policy/messages/locale.ts'

export interface Texts {
  readonly quotes: readonly [string, string]
  readonly unnamed: string
  readonly something: string
  /** `name`: in quotation marks. */
  readonly stated: (name: string) => string
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
  /** By activity. */
  readonly request: Readonly<Record<string, (person: string, app: string) => string>>
  readonly grant: Readonly<Record<string, (person: string, app: string) => string>>
  /** By `kind.activity`. */
  readonly leads: Readonly<Record<string, string>> & { readonly emergency: string }
  readonly severities: Readonly<Record<'info' | 'low' | 'medium' | 'high' | 'critical', string>>
  readonly levels: Readonly<Record<string, string>>
  /** Reasons for a revocation by the system. */
  readonly invalidReasons: Readonly<Record<string, string>>
  readonly labels: Readonly<
    Record<
      | 'person'
      | 'statedName'
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
  unnamed: 'A user',
  something: 'an application',
  stated: (name) => `${name} (stated name)`,
  emergency: 'EMERGENCY ACCESS',
  extension: 'Extension of existing access',
  finding: 'Finding',
  configurationApplied: 'A configuration was applied',
  configurationRefused: 'A changed configuration was rejected',
  decide: 'Review and decide',
  review: 'Review now',
  look: 'Open in Einlass',
  footer: 'Sent by Einlass.',
  footerWithLink:
    'Sent by Einlass. The page requires you to sign in; the link alone gives no access and decides nothing.',
  request: {
    opened: (person, app) => `${person} requests access to ${app}`,
    supported: (person, app) => `Approval given, more are needed: access to ${app} for ${person}`,
    approved: (person, app) => `Approved: access to ${app} for ${person}`,
    denied: (person, app) => `Declined: access to ${app} for ${person}`,
    withdrawn: (person, app) => `Withdrawn: request for access to ${app} by ${person}`,
    lapsed: (person, app) => `Lapsed without a decision: request for access to ${app} by ${person}`,
    emergency: (person, app) => `${person} has activated access to ${app}`,
    reviewed: (person, app) => `Reviewed: access to ${app} by ${person}`,
    unreviewed: (person, app) => `Review overdue: access to ${app} by ${person}`,
    other: (person, app) => `Request for access to ${app} by ${person}`,
  },
  grant: {
    given: (person, app) => `Access granted: ${app} for ${person}`,
    revoked: (person, app) => `Access revoked: ${app} for ${person}`,
    extended: (person, app) => `Access extended: ${app} for ${person}`,
    ending: (person, app) => `Access ends soon: ${app} for ${person}`,
    ended: (person, app) => `Access has ended: ${app} for ${person}`,
    other: (person, app) => `Access: ${app} for ${person}`,
  },
  leads: {
    emergency: 'The person activated this access without prior approval. It must be reviewed.',
    'request.opened': 'You can approve or decline it. There is no access until then.',
    'request.supported': 'There is no access yet.',
    'request.approved': 'The access ends automatically.',
    'request.denied': 'There is no access.',
    'request.withdrawn': 'No decision is needed any more.',
    'request.lapsed': 'There is no access. It can be requested again.',
    'request.reviewed': 'No further action is needed.',
    'request.unreviewed': 'Access was activated without approval, and its review is overdue.',
    'grant.given': 'It ends automatically.',
    'grant.revoked': 'Open connections have been closed.',
    'grant.extended': 'It ends automatically at the new time.',
    'grant.ending': 'If it is still needed, it must be extended or requested again.',
    'grant.ended': 'Open connections have been closed.',
    'configuration.refused': 'The previous configuration remains active.',
  },
  severities: { info: 'Note', low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' },
  levels: { read: 'Read only', full: 'Full' },
  invalidReasons: {
    app_gone: 'The application is no longer configured',
    sponsor_gone: 'There is no longer a sponsor',
    entitlement_gone: 'This access is no longer offered',
    no_longer_eligible: 'The person is no longer entitled to it',
    followed_gone: 'The access that it was to follow was ended early',
  },
  labels: {
    person: 'Person',
    statedName: 'Stated name, not verified',
    app: 'Application',
    level: 'Access',
    kind: 'Type',
    duration: 'Duration',
    from: 'From',
    until: 'Until',
    reason: 'Reason',
    ticket: 'Ticket',
    contract: 'Contract',
    comment: 'Comment',
    why: 'Cause',
    detail: 'Details',
    by: 'By',
    at: 'Time',
  },
}

const german: Texts = {
  quotes: ['„', '“'],
  unnamed: 'Eine Person',
  something: 'eine Anwendung',
  stated: (name) => `${name} (angegebener Name)`,
  emergency: 'NOTFALLZUGANG',
  extension: 'Verlängerung eines bestehenden Zugangs',
  finding: 'Befund',
  configurationApplied: 'Eine Konfiguration wurde übernommen',
  configurationRefused: 'Eine geänderte Konfiguration wurde abgelehnt',
  decide: 'Prüfen und entscheiden',
  review: 'Jetzt prüfen',
  look: 'In Einlass öffnen',
  footer: 'Gesendet von Einlass.',
  footerWithLink:
    'Gesendet von Einlass. Die Seite verlangt Ihre Anmeldung; der Link allein gibt keinen Zugang und entscheidet nichts.',
  request: {
    opened: (person, app) => `${person} beantragt Zugang zu ${app}`,
    supported: (person, app) => `Zustimmung erteilt, weitere fehlen noch: Zugang zu ${app} für ${person}`,
    approved: (person, app) => `Genehmigt: Zugang zu ${app} für ${person}`,
    denied: (person, app) => `Abgelehnt: Zugang zu ${app} für ${person}`,
    withdrawn: (person, app) => `Zurückgezogen: Antrag auf Zugang zu ${app} von ${person}`,
    lapsed: (person, app) => `Ohne Entscheidung verfallen: Antrag auf Zugang zu ${app} von ${person}`,
    emergency: (person, app) => `${person} hat den Zugang zu ${app} aktiviert`,
    reviewed: (person, app) => `Geprüft: Zugang zu ${app} von ${person}`,
    unreviewed: (person, app) => `Prüfung überfällig: Zugang zu ${app} von ${person}`,
    other: (person, app) => `Antrag auf Zugang zu ${app} von ${person}`,
  },
  grant: {
    given: (person, app) => `Zugang erteilt: ${app} für ${person}`,
    revoked: (person, app) => `Zugang entzogen: ${app} für ${person}`,
    extended: (person, app) => `Zugang verlängert: ${app} für ${person}`,
    ending: (person, app) => `Zugang endet bald: ${app} für ${person}`,
    ended: (person, app) => `Zugang ist beendet: ${app} für ${person}`,
    other: (person, app) => `Zugang: ${app} für ${person}`,
  },
  leads: {
    emergency: 'Die Person hat diesen Zugang ohne vorherige Genehmigung aktiviert. Er muss geprüft werden.',
    'request.opened': 'Sie können ihn genehmigen oder ablehnen. Bis dahin besteht kein Zugang.',
    'request.supported': 'Noch besteht kein Zugang.',
    'request.approved': 'Der Zugang endet automatisch.',
    'request.denied': 'Es besteht kein Zugang.',
    'request.withdrawn': 'Eine Entscheidung ist nicht mehr nötig.',
    'request.lapsed': 'Es besteht kein Zugang. Er kann erneut beantragt werden.',
    'request.reviewed': 'Es ist nichts mehr zu tun.',
    'request.unreviewed': 'Der Zugang wurde ohne Genehmigung aktiviert, und die Prüfung ist überfällig.',
    'grant.given': 'Er endet automatisch.',
    'grant.revoked': 'Offene Verbindungen wurden geschlossen.',
    'grant.extended': 'Er endet automatisch zum neuen Zeitpunkt.',
    'grant.ending': 'Wird er weiter benötigt, muss er verlängert oder neu beantragt werden.',
    'grant.ended': 'Offene Verbindungen wurden geschlossen.',
    'configuration.refused': 'Die bisherige Konfiguration bleibt gültig.',
  },
  severities: { info: 'Hinweis', low: 'Niedrig', medium: 'Mittel', high: 'Hoch', critical: 'Kritisch' },
  levels: { read: 'Nur lesen', full: 'Voll' },
  invalidReasons: {
    app_gone: 'Die Anwendung ist nicht mehr eingerichtet',
    sponsor_gone: 'Es gibt keinen Sponsor mehr',
    entitlement_gone: 'Dieser Zugang wird nicht mehr angeboten',
    no_longer_eligible: 'Die Person ist nicht mehr dazu berechtigt',
    followed_gone: 'Der Zugang, dem dieser folgen sollte, wurde vorzeitig beendet',
  },
  labels: {
    person: 'Person',
    statedName: 'Angegebener Name, nicht geprüft',
    app: 'Anwendung',
    level: 'Zugang',
    kind: 'Art',
    duration: 'Dauer',
    from: 'Ab',
    until: 'Bis',
    reason: 'Grund',
    ticket: 'Ticket',
    contract: 'Vertrag',
    comment: 'Kommentar',
    why: 'Ursache',
    detail: 'Einzelheiten',
    by: 'Von',
    at: 'Zeitpunkt',
  },
}
