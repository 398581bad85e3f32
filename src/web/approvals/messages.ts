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
  provider: string
  groups: string
  external: string
  unnamed: string
  from: string
  device: string
  noDevice: string
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
    lead: 'Requests for access that you may decide. Nobody decides about their own.',
    none: 'Nothing waits for you.',
    waitingPart: 'Waiting for you',
    reviewPart: 'Emergencies to review',
    decidedPart: 'Lately',
    decide: 'Decide',
    review: 'Review',
    look: 'Look',
    wants: (who, what) => `${who}: ${what}`,
    asked: 'asked',
    person: 'Who it is',
    name: 'Name',
    email: 'E-mail',
    provider: 'Signs in at',
    groups: 'Groups',
    external: 'external',
    unnamed: 'a person without a name',
    from: 'From where',
    device: 'Device',
    noDevice: 'no device has proven itself',
    address: 'Address',
    unknownAddress: 'unknown',
    when: 'When',
    wanted: 'What is asked for',
    taken: 'What was taken',
    before: 'What they had before',
    beforeApp: (app) => `Access to ${app} so far`,
    never: 'None so far.',
    lastUsed: (when) => `Last used ${when}.`,
    requestsBefore: (count) =>
      count === 1 ? 'One earlier request was refused.' : `${count} earlier requests were refused.`,
    others: 'Other access for a limited time',
    noOthers: 'None at the moment.',
    otherGrant: (app) => app,
    approveTitle: 'Approve',
    approveLead: 'You can give less than was asked for: shorter, or to read only.',
    level: 'Kind of access',
    levelAsked: 'asked for',
    length: 'For how long',
    lengthMore: 'How much longer',
    lengthAsked: 'asked for',
    comment: 'A word to whoever asked',
    commentHint: 'They can read it, and so can auditors.',
    optional: 'optional',
    approve: 'Approve',
    denyTitle: 'Refuse',
    denyComment: 'Why not',
    denyHint: 'Say what would have to be different. They can read it, and so can auditors.',
    deny: 'Refuse',
    agreedAlready: (count, needed) => `${count} of ${needed} have agreed. The least of all approvals is what counts.`,
    youAgreed: 'You have agreed.',
    waitsForOthers: (left) => (left === 1 ? 'One more person has to agree.' : `${left} more people have to agree.`),
    endTitle: 'End this access',
    endLead: 'It ends at once, and everything open because of it closes within a second.',
    endNow: 'End this access',
    endYes: 'Yes, end it now',
    reviewTitle: 'Review',
    reviewLead: 'Somebody let themselves in. Look at what was done, talk to them, and write down what came of it.',
    reviewComment: 'What came of it',
    reviewHint: 'Auditors read this. Was it needed? Was anything done that should not have been?',
    reviewed: 'I have reviewed it',
    all: 'All approvals',
    history: 'What happened so far',
    mistakes: (count) =>
      count === 1 ? 'One thing is still missing or wrong' : `${count} things are still missing or wrong`,
    length_unclear: 'Choose how long, or write a number and its unit.',
    proven: 'Your second factor is confirmed. Nothing is decided yet: please send your answer once more.',
    resumed: 'You are signed in again. Nothing is decided yet: please send your answer once more.',
    notices: {
      approved: 'Approved. The access is open, or opens at the time asked for.',
      agreed: 'You have agreed. Somebody else has to agree as well.',
      denied: 'Refused. Whoever asked can see it, with what you wrote.',
      ended: 'The access has ended. Everything open because of it is closed.',
      reviewed: 'Written down. Nobody has to look at it any more.',
    },
  },
  de: {
    title: 'Genehmigungen',
    lead: 'Anträge auf Zugang, über die Sie entscheiden dürfen. Über eigene entscheidet niemand.',
    none: 'Nichts wartet auf Sie.',
    waitingPart: 'Wartet auf Sie',
    reviewPart: 'Notfälle, die zu prüfen sind',
    decidedPart: 'Zuletzt',
    decide: 'Entscheiden',
    review: 'Prüfen',
    look: 'Ansehen',
    wants: (who, what) => `${who}: ${what}`,
    asked: 'beantragt',
    person: 'Wer es ist',
    name: 'Name',
    email: 'E-Mail',
    provider: 'Meldet sich an bei',
    groups: 'Gruppen',
    external: 'extern',
    unnamed: 'eine Person ohne Namen',
    from: 'Von wo',
    device: 'Gerät',
    noDevice: 'kein Gerät hat sich ausgewiesen',
    address: 'Adresse',
    unknownAddress: 'unbekannt',
    when: 'Wann',
    wanted: 'Was beantragt wird',
    taken: 'Was genommen wurde',
    before: 'Was die Person bisher hatte',
    beforeApp: (app) => `Bisheriger Zugang zu ${app}`,
    never: 'Bisher keiner.',
    lastUsed: (when) => `Zuletzt benutzt ${when}.`,
    requestsBefore: (count) =>
      count === 1 ? 'Ein früherer Antrag wurde abgelehnt.' : `${count} frühere Anträge wurden abgelehnt.`,
    others: 'Anderer Zugang auf Zeit',
    noOthers: 'Zurzeit keiner.',
    otherGrant: (app) => app,
    approveTitle: 'Genehmigen',
    approveLead: 'Sie können weniger geben als beantragt: kürzer, oder nur zum Lesen.',
    level: 'Art des Zugangs',
    levelAsked: 'beantragt',
    length: 'Für wie lange',
    lengthMore: 'Wie viel länger',
    lengthAsked: 'beantragt',
    comment: 'Ein Wort an die Person, die fragt',
    commentHint: 'Sie kann es lesen, und bei Prüfungen die Revision.',
    optional: 'freiwillig',
    approve: 'Genehmigen',
    denyTitle: 'Ablehnen',
    denyComment: 'Warum nicht',
    denyHint: 'Sagen Sie, was anders sein müsste. Die Person kann es lesen, und bei Prüfungen die Revision.',
    deny: 'Ablehnen',
    agreedAlready: (count, needed) =>
      `${count} von ${needed} haben zugestimmt. Es gilt die kleinste aller Genehmigungen.`,
    youAgreed: 'Sie haben zugestimmt.',
    waitsForOthers: (left) =>
      left === 1 ? 'Noch eine Person muss zustimmen.' : `Noch ${left} Personen müssen zustimmen.`,
    endTitle: 'Diesen Zugang beenden',
    endLead: 'Er endet sofort, und alles, was durch ihn offen ist, schließt sich binnen einer Sekunde.',
    endNow: 'Diesen Zugang beenden',
    endYes: 'Ja, jetzt beenden',
    reviewTitle: 'Prüfen',
    reviewLead:
      'Jemand hat sich selbst eingelassen. Sehen Sie nach, was getan wurde, sprechen Sie mit der Person, und halten Sie das Ergebnis fest.',
    reviewComment: 'Was dabei herauskam',
    reviewHint: 'Das liest die Revision. War es nötig? Ist etwas geschehen, das nicht hätte sein sollen?',
    reviewed: 'Ich habe es geprüft',
    all: 'Alle Genehmigungen',
    history: 'Was bisher geschah',
    mistakes: (count) =>
      count === 1 ? 'Eine Angabe fehlt noch oder stimmt nicht' : `${count} Angaben fehlen noch oder stimmen nicht`,
    length_unclear: 'Wählen Sie eine Dauer, oder schreiben Sie eine Zahl mit ihrer Einheit.',
    proven:
      'Ihr zweiter Faktor ist bestätigt. Noch ist nichts entschieden: Bitte senden Sie Ihre Antwort noch einmal ab.',
    resumed: 'Sie sind wieder angemeldet. Noch ist nichts entschieden: Bitte senden Sie Ihre Antwort noch einmal ab.',
    notices: {
      approved: 'Genehmigt. Der Zugang ist offen oder öffnet zur beantragten Zeit.',
      agreed: 'Sie haben zugestimmt. Noch jemand muss zustimmen.',
      denied: 'Abgelehnt. Die Person kann es sehen, mit dem, was Sie geschrieben haben.',
      ended: 'Der Zugang ist beendet. Alles, was durch ihn offen war, ist geschlossen.',
      reviewed: 'Festgehalten. Niemand muss es noch einmal ansehen.',
    },
  },
})
