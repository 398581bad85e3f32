// Texts of the approval pages in English and German.

import { texts, type Language } from '../kit/language.ts'

export interface Words {
  title: string
  lead: string
  none: string
  waitingPart: string
  reviewPart: string
  decidedPart: string
  decide: string
  review: string
  look: string
  wants: (who: string, what: string) => string
  asked: string
  person: string
  name: string
  email: string
  code: string
  provider: string
  groups: string
  external: string
  unnamed: string
  from: string
  device: string
  noDevice: string
  glance: Record<
    | 'who'
    | 'what'
    | 'length'
    | 'why'
    | 'answer'
    | 'deviceUnknown'
    | 'deviceNotCompliant'
    | 'devicePlain'
    | 'deviceUnmanaged',
    string
  >
  address: string
  unknownAddress: string
  when: string
  wanted: string
  taken: string
  before: string
  beforeApp: (app: string) => string
  never: string
  lastUsed: (when: string) => string
  requestsBefore: (count: number) => string
  others: string
  noOthers: string
  otherGrant: (app: string) => string
  approveTitle: string
  approveLead: string
  level: string
  levelAsked: string
  length: string
  lengthMore: string
  lengthAsked: string
  comment: string
  commentHint: string
  optional: string
  approve: string
  denyTitle: string
  denyComment: string
  denyHint: string
  deny: string
  agreedAlready: (count: number, needed: number) => string
  youAgreed: string
  waitsForOthers: (left: number) => string
  endTitle: string
  endLead: string
  endNow: string
  endYes: string
  reviewTitle: string
  reviewLead: string
  reviewComment: string
  reviewHint: string
  reviewed: string
  all: string
  history: string
  mistakes: (count: number) => string
  length_unclear: string
  proven: string
  resumed: string
  notices: Record<'approved' | 'agreed' | 'denied' | 'ended' | 'reviewed', string>
}

export const words: Readonly<Record<Language, Words>> = texts<Words>({
  en: {
    title: 'Approvals',
    lead: 'Access requests you can decide. You cannot decide your own requests.',
    none: 'There is nothing for you to decide.',
    waitingPart: 'Waiting for you',
    reviewPart: 'Emergencies to review',
    decidedPart: 'Recently decided',
    decide: 'Decide',
    review: 'Review',
    look: 'View',
    wants: (who, what) => `${who}: ${what}`,
    asked: 'requested',
    person: 'Person',
    name: 'Name',
    email: 'E-mail',
    code: 'Emergency code',
    provider: 'Sign-in service',
    groups: 'Groups',
    external: 'external',
    unnamed: 'name unknown',
    from: 'Where the request came from',
    device: 'Device',
    noDevice: 'no verified device',
    glance: {
      who: 'Who',
      what: 'What',
      length: 'How long',
      why: 'Why',
      answer: 'Your answer',
      deviceUnknown: 'its state is currently unknown',
      deviceNotCompliant: 'does not meet the requirements',
      devicePlain: 'its disk is not encrypted',
      deviceUnmanaged: 'is not managed by your organisation',
    },
    address: 'Address',
    unknownAddress: 'unknown',
    when: 'When',
    wanted: 'Requested access',
    taken: 'Emergency access used',
    before: 'Previous access',
    beforeApp: (app) => `Previous access to ${app}`,
    never: 'None so far.',
    lastUsed: (when) => `Last used ${when}.`,
    requestsBefore: (count) =>
      count === 1 ? 'One earlier request was denied.' : `${count} earlier requests were denied.`,
    others: 'Other access for a limited time',
    noOthers: 'None at the moment.',
    otherGrant: (app) => app,
    approveTitle: 'Approve',
    approveLead: 'You can grant less than was requested: a shorter time, or read-only access.',
    level: 'Kind of access',
    levelAsked: 'requested',
    length: 'For how long',
    lengthMore: 'How much longer',
    lengthAsked: 'requested',
    comment: 'Comment',
    commentHint: 'The person who asked can read it, and so can auditors.',
    optional: 'optional',
    approve: 'Approve',
    denyTitle: 'Deny',
    denyComment: 'Reason',
    denyHint: 'Explain what would have to change. The person who asked can read it, and so can auditors.',
    deny: 'Deny',
    agreedAlready: (count, needed) => `${count} of ${needed} have approved. The most limited approval applies.`,
    youAgreed: 'You have approved this request.',
    waitsForOthers: (left) =>
      left === 1 ? 'One more person has to approve it.' : `${left} more people have to approve it.`,
    endTitle: 'End this access',
    endLead: 'Access ends immediately, and all open connections are closed within a second.',
    endNow: 'End this access',
    endYes: 'Yes, end it now',
    reviewTitle: 'Review',
    reviewLead:
      'Emergency access was used without prior approval. Check what was done, talk to the person, and record the outcome.',
    reviewComment: 'Outcome',
    reviewHint: 'Auditors will read this. Was the access needed? Was anything done that should not have been?',
    reviewed: 'Mark as reviewed',
    all: 'All approvals',
    history: 'History',
    mistakes: (count) =>
      count === 1 ? 'One entry is missing or incorrect' : `${count} entries are missing or incorrect`,
    length_unclear: 'Choose a duration, or enter a number and its unit.',
    proven: 'Your second factor is confirmed. Nothing has been decided yet: please send your decision again.',
    resumed: 'You are signed in again. Nothing has been decided yet: please send your decision again.',
    notices: {
      approved: 'Approved. Access is open now, or will open at the requested time.',
      agreed: 'You have approved this request. It needs another approval.',
      denied: 'Denied. The person who asked can see your decision and your comment.',
      ended: 'The access has ended. All open connections are closed.',
      reviewed: 'Your review has been recorded.',
    },
  },
  de: {
    title: 'Genehmigungen',
    lead: 'Zugangsanträge, über die Sie entscheiden können. Über eigene Anträge können Sie nicht entscheiden.',
    none: 'Für Sie gibt es nichts zu entscheiden.',
    waitingPart: 'Warten auf Sie',
    reviewPart: 'Zu prüfende Notfälle',
    decidedPart: 'Zuletzt entschieden',
    decide: 'Entscheiden',
    review: 'Prüfen',
    look: 'Ansehen',
    wants: (who, what) => `${who}: ${what}`,
    asked: 'beantragt',
    person: 'Person',
    name: 'Name',
    email: 'E-Mail',
    code: 'Notfallcode',
    provider: 'Anmeldedienst',
    groups: 'Gruppen',
    external: 'extern',
    unnamed: 'Name unbekannt',
    from: 'Woher der Antrag kam',
    device: 'Gerät',
    noDevice: 'kein geprüftes Gerät',
    glance: {
      who: 'Wer',
      what: 'Was',
      length: 'Wie lange',
      why: 'Warum',
      answer: 'Ihre Antwort',
      deviceUnknown: 'sein Zustand ist zurzeit unbekannt',
      deviceNotCompliant: 'erfüllt die Anforderungen nicht',
      devicePlain: 'seine Festplatte ist nicht verschlüsselt',
      deviceUnmanaged: 'wird nicht von Ihrer Organisation verwaltet',
    },
    address: 'Adresse',
    unknownAddress: 'unbekannt',
    when: 'Zeitpunkt',
    wanted: 'Beantragter Zugang',
    taken: 'Genutzter Notfallzugang',
    before: 'Bisheriger Zugang',
    beforeApp: (app) => `Bisheriger Zugang zu ${app}`,
    never: 'Bisher keiner.',
    lastUsed: (when) => `Zuletzt genutzt ${when}.`,
    requestsBefore: (count) =>
      count === 1 ? 'Ein früherer Antrag wurde abgelehnt.' : `${count} frühere Anträge wurden abgelehnt.`,
    others: 'Anderer Zugang auf Zeit',
    noOthers: 'Zurzeit keiner.',
    otherGrant: (app) => app,
    approveTitle: 'Genehmigen',
    approveLead: 'Sie können weniger gewähren als beantragt: eine kürzere Zeit oder nur Lesezugang.',
    level: 'Art des Zugangs',
    levelAsked: 'beantragt',
    length: 'Für wie lange',
    lengthMore: 'Wie viel länger',
    lengthAsked: 'beantragt',
    comment: 'Kommentar',
    commentHint: 'Die antragstellende Person und die Revision können ihn lesen.',
    optional: 'freiwillig',
    approve: 'Genehmigen',
    denyTitle: 'Ablehnen',
    denyComment: 'Begründung',
    denyHint: 'Erklären Sie, was sich ändern müsste. Die antragstellende Person und die Revision können es lesen.',
    deny: 'Ablehnen',
    agreedAlready: (count, needed) =>
      `${count} von ${needed} haben zugestimmt. Es gilt die am stärksten eingeschränkte Genehmigung.`,
    youAgreed: 'Sie haben diesem Antrag zugestimmt.',
    waitsForOthers: (left) =>
      left === 1 ? 'Noch eine Person muss zustimmen.' : `Noch ${left} Personen müssen zustimmen.`,
    endTitle: 'Diesen Zugang beenden',
    endLead: 'Der Zugang endet sofort, und alle offenen Verbindungen werden binnen einer Sekunde geschlossen.',
    endNow: 'Diesen Zugang beenden',
    endYes: 'Ja, jetzt beenden',
    reviewTitle: 'Prüfen',
    reviewLead:
      'Ein Notfallzugang wurde ohne vorherige Genehmigung genutzt. Prüfen Sie, was getan wurde, sprechen Sie mit der Person, und halten Sie das Ergebnis fest.',
    reviewComment: 'Ergebnis',
    reviewHint: 'Das liest die Revision. War der Zugang nötig? Ist etwas geschehen, das nicht hätte geschehen dürfen?',
    reviewed: 'Als geprüft festhalten',
    all: 'Alle Genehmigungen',
    history: 'Verlauf',
    mistakes: (count) =>
      count === 1 ? 'Eine Angabe fehlt oder ist ungültig' : `${count} Angaben fehlen oder sind ungültig`,
    length_unclear: 'Wählen Sie eine Dauer, oder geben Sie eine Zahl mit Einheit ein.',
    proven:
      'Ihr zweiter Faktor ist bestätigt. Noch ist nichts entschieden: Bitte senden Sie Ihre Entscheidung noch einmal ab.',
    resumed:
      'Sie sind wieder angemeldet. Noch ist nichts entschieden: Bitte senden Sie Ihre Entscheidung noch einmal ab.',
    notices: {
      approved: 'Genehmigt. Der Zugang ist jetzt offen oder beginnt zur beantragten Zeit.',
      agreed: 'Sie haben diesem Antrag zugestimmt. Eine weitere Zustimmung ist nötig.',
      denied: 'Abgelehnt. Die antragstellende Person kann Ihre Entscheidung und Ihren Kommentar sehen.',
      ended: 'Der Zugang ist beendet. Alle offenen Verbindungen sind geschlossen.',
      reviewed: 'Ihre Prüfung ist festgehalten.',
    },
  },
})
