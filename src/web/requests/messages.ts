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
  unnamed: string
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
  running: string
  emergencyRunning: string
  later: string
  notices: Record<'asked' | 'withdrawn' | 'returned' | 'not_returned', string>
}

/** Status of a request together with its grant. */
export type DisplayStatus =
  'open' | 'settling' | 'coming' | 'running' | 'over' | 'early' | 'denied' | 'withdrawn' | 'lapsed'

export const words: Readonly<Record<Language, Words>> = texts<Words>({
  en: {
    myTitle: 'My requests',
    myLead: 'Your access requests and their current state.',
    none: 'You have not asked for access yet.',
    askNew: 'Ask for access',
    openPart: 'Open',
    closedPart: 'Decided',
    levels: { read: 'read only', full: 'full access' },
    state: {
      open: 'Waiting for approval',
      settling: 'Approved',
      coming: 'Approved, starts later',
      running: 'Open now',
      over: 'Ended',
      early: 'Ended early',
      denied: 'Denied',
      withdrawn: 'Withdrawn',
      lapsed: 'Expired',
    },
    agreed: (count, needed) => `${count} of ${needed} have approved`,
    until: 'until',
    begins: 'starts',
    ended: 'ended',
    lapses: 'expires',
    emergency: 'Emergency',
    extension: 'More time',
    access: (app) => `Access to ${app}`,
    moreTime: (app) => `More time in ${app}`,
    emergencyAccess: (app) => `Emergency access to ${app}`,
    facts: {
      level: 'Kind of access',
      length: 'Duration',
      begin: 'Start',
      reason: 'Reason',
      ticket: 'Ticket',
      extends: 'Extends access until',
    },
    asSoonAs: 'as soon as approved',
    atOnce: 'immediately',
    notGiven: 'none given',
    wanted: 'What you asked for',
    history: 'History',
    you: 'You',
    unnamed: 'Someone',
    administrator: 'An administrator',
    steps: {
      asked: (who) => `${who} asked for it`,
      agreed: (who) => `${who} gave approval`,
      approved: (who) => `${who} approved it`,
      less: (what) => `Less than requested: ${what}.`,
      denied: (who) => `${who} denied it`,
      withdrawn: (who) => `${who} withdrew it`,
      lapsed: 'The request expired without a decision',
      emergency: (who) => `${who} used emergency access`,
      begins: 'Access starts',
      began: 'Access started',
      ends: 'Access ends',
      ended: 'Access ended',
      early: 'Access was ended early',
      reviewed: (who) => `${who} reviewed it`,
      reviewDue: 'Review due by',
    },
    instead: (given, asked) => `${given} instead of ${asked}`,
    open: (app) => `Open ${app}`,
    askMore: 'Ask for more time',
    askAgain: 'Ask again',
    morePending: 'You have asked for more time',
    withdraw: 'Withdraw request',
    allMine: 'All my requests',
    checkAgain: 'Refresh',
    running: 'Your access is open',
    emergencyRunning: 'Emergency access is running',
    later: 'Your access has not started yet',
    notices: {
      asked: 'Your request has been sent.',
      withdrawn: 'Your request has been withdrawn.',
      returned: 'Your access has ended. Thank you for giving it back.',
      not_returned: 'This access cannot be given back here: it is part of the configuration, or it has already ended.',
    },
  },
  de: {
    myTitle: 'Meine Anträge',
    myLead: 'Ihre Zugangsanträge und ihr aktueller Stand.',
    none: 'Sie haben noch keinen Zugang beantragt.',
    askNew: 'Zugang beantragen',
    openPart: 'Offen',
    closedPart: 'Entschieden',
    levels: { read: 'nur lesen', full: 'voller Zugang' },
    state: {
      open: 'Wartet auf Genehmigung',
      settling: 'Genehmigt',
      coming: 'Genehmigt, beginnt später',
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
      length: 'Dauer',
      begin: 'Beginn',
      reason: 'Grund',
      ticket: 'Ticket',
      extends: 'Verlängert den Zugang bis',
    },
    asSoonAs: 'sobald genehmigt',
    atOnce: 'sofort',
    notGiven: 'nicht angegeben',
    wanted: 'Was Sie beantragt haben',
    history: 'Verlauf',
    you: 'Sie',
    unnamed: 'Jemand',
    administrator: 'Die Administration',
    steps: {
      asked: (who) => `Beantragt: ${who}`,
      agreed: (who) => `Zugestimmt: ${who}`,
      approved: (who) => `Genehmigt: ${who}`,
      less: (what) => `Weniger als beantragt: ${what}.`,
      denied: (who) => `Abgelehnt: ${who}`,
      withdrawn: (who) => `Zurückgezogen: ${who}`,
      lapsed: 'Ohne Entscheidung verfallen',
      emergency: (who) => `Notfallzugang genutzt: ${who}`,
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
    askAgain: 'Erneut beantragen',
    morePending: 'Sie haben mehr Zeit beantragt',
    withdraw: 'Antrag zurückziehen',
    allMine: 'Alle meine Anträge',
    checkAgain: 'Aktualisieren',
    running: 'Ihr Zugang ist offen',
    emergencyRunning: 'Notfallzugang ist offen',
    later: 'Ihr Zugang hat noch nicht begonnen',
    notices: {
      asked: 'Ihr Antrag wurde gesendet.',
      withdrawn: 'Ihr Antrag ist zurückgezogen.',
      returned: 'Ihr Zugang ist beendet. Danke, dass Sie ihn zurückgegeben haben.',
      not_returned:
        'Dieser Zugang lässt sich hier nicht zurückgeben: Er ist in der Konfiguration festgelegt oder schon beendet.',
    },
  },
})
