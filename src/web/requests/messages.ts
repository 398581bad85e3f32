// Texts of the access request pages in English and German: states, facts and history.

import { texts, type Language } from '../kit/language.ts'

export interface Words {
  myTitle: string
  myLead: string
  none: string
  askNew: string
  openPart: string
  closedPart: string
  levels: Record<'read' | 'full', string>
  state: Record<DisplayStatus, string>
  agreed: (count: number, needed: number) => string
  until: string
  begins: string
  ended: string
  lapses: string
  emergency: string
  extension: string
  access: (app: string) => string
  moreTime: (app: string) => string
  emergencyAccess: (app: string) => string
  facts: Record<'level' | 'length' | 'begin' | 'reason' | 'ticket' | 'extends', string>
  asSoonAs: string
  atOnce: string
  notGiven: string
  wanted: string
  history: string
  you: string
  somebody: string
  administrator: string
  steps: {
    asked: (who: string) => string
    agreed: (who: string) => string
    approved: (who: string) => string
    less: (what: string) => string
    denied: (who: string) => string
    withdrawn: (who: string) => string
    lapsed: string
    emergency: (who: string) => string
    begins: string
    began: string
    ends: string
    ended: string
    early: string
    reviewed: (who: string) => string
    reviewDue: string
  }
  instead: (given: string, asked: string) => string
  open: (app: string) => string
  askMore: string
  askAgain: string
  morePending: string
  withdraw: string
  allMine: string
  checkAgain: string
  follow: string
  unfollow: string
  running: string
  later: string
  notices: Record<'asked' | 'withdrawn' | 'returned' | 'not_returned', string>
}

/** Status of a request together with its grant. */
export type DisplayStatus =
  'open' | 'settling' | 'coming' | 'running' | 'over' | 'early' | 'denied' | 'withdrawn' | 'lapsed'

export const words: Readonly<Record<Language, Words>> = texts<Words>({
  en: {
    myTitle: 'My requests',
    myLead: 'What you have asked for, and what became of it.',
    none: 'You have not asked for anything yet.',
    askNew: 'Ask for access',
    openPart: 'Open',
    closedPart: 'Decided',
    levels: { read: 'read only', full: 'full access' },
    state: {
      open: 'Waiting for an approval',
      settling: 'Approved',
      coming: 'Approved, not begun yet',
      running: 'Open now',
      over: 'Ended',
      early: 'Ended early',
      denied: 'Refused',
      withdrawn: 'Withdrawn',
      lapsed: 'Lapsed',
    },
    agreed: (count, needed) => `${count} of ${needed} have agreed`,
    until: 'until',
    begins: 'begins',
    ended: 'ended',
    lapses: 'lapses',
    emergency: 'Emergency',
    extension: 'More time',
    access: (app) => `Access to ${app}`,
    moreTime: (app) => `More time in ${app}`,
    emergencyAccess: (app) => `Emergency access to ${app}`,
    facts: {
      level: 'Kind of access',
      length: 'How long',
      begin: 'Beginning',
      reason: 'Reason',
      ticket: 'Ticket',
      extends: 'Prolongs access until',
    },
    asSoonAs: 'as soon as approved',
    atOnce: 'at once',
    notGiven: 'none given',
    wanted: 'What you asked for',
    history: 'What happened so far',
    you: 'You',
    somebody: 'Somebody',
    administrator: 'An administrator',
    steps: {
      asked: (who) => `${who} asked for it`,
      agreed: (who) => `${who} agreed`,
      approved: (who) => `${who} approved it`,
      less: (what) => `Less than was asked for: ${what}.`,
      denied: (who) => `${who} refused it`,
      withdrawn: (who) => `${who} withdrew it`,
      lapsed: 'It lapsed: nobody decided in time',
      emergency: (who) => `${who} took emergency access`,
      begins: 'Access begins',
      began: 'Access began',
      ends: 'Access ends',
      ended: 'Access ended',
      early: 'Access was ended early',
      reviewed: (who) => `${who} reviewed it`,
      reviewDue: 'To be reviewed by',
    },
    instead: (given, asked) => `${given} instead of ${asked}`,
    open: (app) => `Open ${app}`,
    askMore: 'Ask for more time',
    askAgain: 'Ask again',
    morePending: 'You have asked for more time',
    withdraw: 'Withdraw request',
    allMine: 'All my requests',
    checkAgain: 'Check again',
    follow: 'Keep this page up to date',
    unfollow: 'Stop updating this page',
    running: 'Your access is open',
    later: 'Your access has not begun yet',
    notices: {
      asked: 'Your request is on its way.',
      withdrawn: 'Your request is withdrawn. Nobody has to decide about it any more.',
      returned: 'Your access has ended. Thank you for giving it back.',
      not_returned: 'This access stands in the configuration and cannot be given back here, or it had ended already.',
    },
  },
  de: {
    myTitle: 'Meine Anträge',
    myLead: 'Was Sie beantragt haben, und was daraus geworden ist.',
    none: 'Sie haben noch nichts beantragt.',
    askNew: 'Zugang beantragen',
    openPart: 'Offen',
    closedPart: 'Entschieden',
    levels: { read: 'nur lesen', full: 'voller Zugang' },
    state: {
      open: 'Wartet auf Genehmigung',
      settling: 'Genehmigt',
      coming: 'Genehmigt, noch nicht begonnen',
      running: 'Jetzt offen',
      over: 'Abgelaufen',
      early: 'Vorzeitig beendet',
      denied: 'Abgelehnt',
      withdrawn: 'Zurückgezogen',
      lapsed: 'Verfallen',
    },
    agreed: (count, needed) => `${count} von ${needed} haben zugestimmt`,
    until: 'bis',
    begins: 'beginnt',
    ended: 'endete',
    lapses: 'verfällt',
    emergency: 'Notfall',
    extension: 'Mehr Zeit',
    access: (app) => `Zugang zu ${app}`,
    moreTime: (app) => `Mehr Zeit in ${app}`,
    emergencyAccess: (app) => `Notfallzugang zu ${app}`,
    facts: {
      level: 'Art des Zugangs',
      length: 'Wie lange',
      begin: 'Beginn',
      reason: 'Grund',
      ticket: 'Ticket',
      extends: 'Verlängert den Zugang bis',
    },
    asSoonAs: 'sobald genehmigt',
    atOnce: 'sofort',
    notGiven: 'nicht angegeben',
    wanted: 'Was Sie beantragt haben',
    history: 'Was bisher geschah',
    you: 'Sie',
    somebody: 'Jemand',
    administrator: 'Die Administration',
    steps: {
      asked: (who) => `Beantragt: ${who}`,
      agreed: (who) => `Zugestimmt: ${who}`,
      approved: (who) => `Genehmigt: ${who}`,
      less: (what) => `Weniger als beantragt: ${what}.`,
      denied: (who) => `Abgelehnt: ${who}`,
      withdrawn: (who) => `Zurückgezogen: ${who}`,
      lapsed: 'Verfallen: Niemand hat rechtzeitig entschieden',
      emergency: (who) => `Notfallzugang genommen: ${who}`,
      begins: 'Der Zugang beginnt',
      began: 'Der Zugang begann',
      ends: 'Der Zugang endet',
      ended: 'Der Zugang endete',
      early: 'Der Zugang wurde vorzeitig beendet',
      reviewed: (who) => `Geprüft: ${who}`,
      reviewDue: 'Zu prüfen bis',
    },
    instead: (given, asked) => `${given} statt ${asked}`,
    open: (app) => `${app} öffnen`,
    askMore: 'Mehr Zeit beantragen',
    askAgain: 'Neu beantragen',
    morePending: 'Sie haben mehr Zeit beantragt',
    withdraw: 'Antrag zurückziehen',
    allMine: 'Alle meine Anträge',
    checkAgain: 'Neu nachsehen',
    follow: 'Diese Seite aktuell halten',
    unfollow: 'Diese Seite nicht mehr aktualisieren',
    running: 'Ihr Zugang ist offen',
    later: 'Ihr Zugang hat noch nicht begonnen',
    notices: {
      asked: 'Ihr Antrag ist unterwegs.',
      withdrawn: 'Ihr Antrag ist zurückgezogen. Niemand muss mehr darüber entscheiden.',
      returned: 'Ihr Zugang ist beendet. Danke, dass Sie ihn zurückgegeben haben.',
      not_returned:
        'Dieser Zugang steht in der Konfiguration und lässt sich hier nicht zurückgeben, oder er war schon zu Ende.',
    },
  },
})
