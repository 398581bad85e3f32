// Texts of the page of one grant in English and German.

import { texts } from '../kit/language.ts'

export interface Words {
  title: (app: string) => string
  running: string
  later: string
  over: string
  sponsor: string
  givenFor: string
  contract: string
  since: string
  person: string
  pending: string
  followed: string
  toFollowing: string
  theirs: (person: string) => string
  back: string
}

export const words = texts<Words>({
  en: {
    title: (app) => `Access to ${app}`,
    running: 'Your access is open',
    later: 'Your access has not started yet',
    over: 'Your access has ended',
    sponsor: 'Whom to ask',
    givenFor: 'Reason',
    contract: 'Contract',
    since: 'Since',
    person: 'Person',
    pending: 'You have asked for more time',
    followed: 'More time is approved: your access goes on without interruption.',
    toFollowing: 'See until when',
    theirs: (person) => `You are responsible for this access of ${person}.`,
    back: 'To your applications',
  },
  de: {
    title: (app) => `Zugang zu ${app}`,
    running: 'Ihr Zugang ist offen',
    later: 'Ihr Zugang hat noch nicht begonnen',
    over: 'Ihr Zugang ist beendet',
    sponsor: 'Ansprechperson',
    givenFor: 'Grund',
    contract: 'Vertrag',
    since: 'Seit',
    person: 'Person',
    pending: 'Sie haben mehr Zeit beantragt',
    followed: 'Mehr Zeit ist genehmigt: Ihr Zugang geht ohne Unterbrechung weiter.',
    toFollowing: 'Bis wann er gilt',
    theirs: (person) => `Sie sind für diesen Zugang von ${person} verantwortlich.`,
    back: 'Zu Ihren Anwendungen',
  },
})
