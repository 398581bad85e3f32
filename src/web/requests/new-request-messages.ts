// Texts of the access request form in English and German.

import { texts, type Language } from '../kit/language.ts'

export interface Words {
  title: (app: string) => string
  extendTitle: (app: string) => string
  emergencyTitle: (app: string) => string
  lead: string
  extendLead: (until: string) => string
  level: string
  levels: Record<'read' | 'full', string>
  levelHints: Record<'read' | 'full', string>
  onlyLevel: Record<'read' | 'full', string>
  opensLevel: Record<'read' | 'full', string>
  length: string
  longer: string
  longerHint: string
  begin: string
  now: string
  later: string
  laterField: string
  laterHint: (zone: string) => string
  reason: string
  reasonHint: string
  emergencyReasonHint: string
  ticket: string
  ticketHint: string
  optional: string
  next: string
  decides: (who: string) => string
  approvals: (count: number) => string
  answer: (lapses: string) => string
  ends: string
  nextEmergency: string
  told: (who: string) => string
  recorded: string
  reviewed: (within: string) => string
  endsItself: (length: string) => string
  emergencyOnly: string
  ask: string
  askMore: string
  letMeIn: string
  cancel: string
  mistakes: (count: number) => string
  length_unclear: string
  moment_unclear: string
  proven: string
  resumed: string
  orEmergency: string
  emergencyLink: string
  chooseTitle: string
  chooseLead: string
  nothing: string
  nothingLead: string
  nothingAdvice: string
  toApps: string
  upTo: (length: string) => string
}

export const words: Readonly<Record<Language, Words>> = texts<Words>({
  en: {
    title: (app) => `Ask for access to ${app}`,
    extendTitle: (app) => `Ask for more time in ${app}`,
    emergencyTitle: (app) => `Emergency access to ${app}`,
    lead: 'Say what you need, for how long and why. Somebody else decides, and access ends by itself.',
    extendLead: (until) => `Your access ends ${until}. Until somebody has decided, it simply goes on as it is.`,
    level: 'What do you need?',
    levels: { read: 'Read only', full: 'Full access' },
    levelHints: { read: 'Look at everything, change nothing.', full: 'Also change things.' },
    onlyLevel: {
      read: 'You are asking for access to read: look at everything, change nothing.',
      full: 'You are asking for full access.',
    },
    opensLevel: {
      read: 'This lets you read: look at everything, change nothing.',
      full: 'This gives you full access.',
    },
    length: 'For how long?',
    longer: 'How much longer?',
    longerHint: 'Counted from the moment at which your access ends now.',
    begin: 'Beginning when?',
    now: 'As soon as it is approved',
    later: 'Later',
    laterField: 'Day and time',
    laterHint: (zone) => `Time zone: ${zone}`,
    reason: 'What do you need it for?',
    reasonHint: 'Whoever decides reads this, and so do auditors. Two sentences are enough.',
    emergencyReasonHint: 'What has happened, and what are you going to do? Whoever is told reads this first.',
    ticket: 'Ticket number',
    ticketHint: 'Of the incident or order this is about.',
    optional: 'optional',
    next: 'What happens next',
    decides: (who) => `Who decides: ${who}.`,
    approvals: (count) => (count === 1 ? 'One yes is enough.' : `${count} of them have to agree, each on their own.`),
    answer: (lapses) =>
      `You find the answer under “My requests”. If nobody decides within ${lapses}, the request lapses.`,
    ends: 'You may be given less than you asked for, never more. Access ends by itself, also in the middle of your work.',
    nextEmergency: 'What happens when you let yourself in',
    told: (who) => `It is told at once: to ${who}, with your name and your reason.`,
    recorded: 'Everything you do is recorded as done under emergency access.',
    reviewed: (within) => `Somebody else reviews it within ${within}.`,
    endsItself: (length) => `It ends by itself, at the latest after ${length}.`,
    emergencyOnly: 'Only for when waiting for an approval would do harm.',
    ask: 'Ask for access',
    askMore: 'Ask for more time',
    letMeIn: 'Let me in now',
    cancel: 'Cancel',
    mistakes: (count) =>
      count === 1 ? 'One thing is still missing or wrong' : `${count} things are still missing or wrong`,
    length_unclear: 'Choose how long, or write a number and its unit.',
    moment_unclear: 'Give the day and the time at which it shall begin.',
    proven: 'Your second factor is confirmed. Everything you typed is still here: please send it once more.',
    resumed: 'You are signed in again. Everything you typed is still here: please send it once more.',
    orEmergency: 'Waiting for an approval would do harm?',
    emergencyLink: 'Use emergency access',
    chooseTitle: 'Ask for access',
    chooseLead: 'These applications can be asked for.',
    nothing: 'There is nothing to ask for here',
    nothingLead: 'This access is not offered to you, or not any more.',
    nothingAdvice: 'If you need it for your work, write to your IT department.',
    toApps: 'My applications',
    upTo: (length) => `up to ${length}`,
  },
  de: {
    title: (app) => `Zugang zu ${app} beantragen`,
    extendTitle: (app) => `Mehr Zeit in ${app} beantragen`,
    emergencyTitle: (app) => `Notfallzugang zu ${app}`,
    lead: 'Sagen Sie, was Sie brauchen, wie lange und wozu. Jemand anderes entscheidet, und der Zugang endet von selbst.',
    extendLead: (until) => `Ihr Zugang endet ${until}. Bis jemand entschieden hat, läuft er einfach weiter wie bisher.`,
    level: 'Was brauchen Sie?',
    levels: { read: 'Nur lesen', full: 'Voller Zugang' },
    levelHints: { read: 'Alles ansehen, nichts ändern.', full: 'Auch ändern.' },
    onlyLevel: {
      read: 'Sie beantragen Zugang zum Lesen: alles ansehen, nichts ändern.',
      full: 'Sie beantragen vollen Zugang.',
    },
    opensLevel: {
      read: 'Damit können Sie lesen: alles ansehen, nichts ändern.',
      full: 'Damit haben Sie vollen Zugang.',
    },
    length: 'Für wie lange?',
    longer: 'Wie viel länger?',
    longerHint: 'Gerechnet ab dem Zeitpunkt, zu dem Ihr Zugang jetzt endet.',
    begin: 'Ab wann?',
    now: 'Sobald er genehmigt ist',
    later: 'Später',
    laterField: 'Tag und Uhrzeit',
    laterHint: (zone) => `Zeitzone: ${zone}`,
    reason: 'Wozu brauchen Sie ihn?',
    reasonHint: 'Das liest, wer entscheidet, und bei Prüfungen die Revision. Zwei Sätze genügen.',
    emergencyReasonHint: 'Was ist geschehen, und was werden Sie tun? Das wird als Erstes gelesen.',
    ticket: 'Ticketnummer',
    ticketHint: 'Der Störung oder des Auftrags, um den es geht.',
    optional: 'freiwillig',
    next: 'Wie es weitergeht',
    decides: (who) => `Es entscheidet: ${who}.`,
    approvals: (count) =>
      count === 1 ? 'Eine Zustimmung genügt.' : `${count} dieser Personen müssen zustimmen, jede für sich.`,
    answer: (lapses) =>
      `Die Antwort finden Sie unter „Meine Anträge“. Entscheidet binnen ${lapses} niemand, verfällt der Antrag.`,
    ends: 'Sie können weniger bekommen als beantragt, nie mehr. Der Zugang endet von selbst, auch mitten in der Arbeit.',
    nextEmergency: 'Was geschieht, wenn Sie sich selbst einlassen',
    told: (who) => `Es wird sofort gemeldet: an ${who}, mit Ihrem Namen und Ihrem Grund.`,
    recorded: 'Alles, was Sie tun, wird als Notfallzugang aufgezeichnet.',
    reviewed: (within) => `Jemand anderes prüft es: Frist ${within}.`,
    endsItself: (length) => `Er endet von selbst, spätestens nach: ${length}.`,
    emergencyOnly: 'Nur für den Fall, dass Warten auf eine Genehmigung Schaden anrichten würde.',
    ask: 'Zugang beantragen',
    askMore: 'Mehr Zeit beantragen',
    letMeIn: 'Jetzt einlassen',
    cancel: 'Abbrechen',
    mistakes: (count) =>
      count === 1 ? 'Eine Angabe fehlt noch oder stimmt nicht' : `${count} Angaben fehlen noch oder stimmen nicht`,
    length_unclear: 'Wählen Sie eine Dauer, oder schreiben Sie eine Zahl mit ihrer Einheit.',
    moment_unclear: 'Geben Sie Tag und Uhrzeit an, zu denen er beginnen soll.',
    proven: 'Ihr zweiter Faktor ist bestätigt. Alles Eingegebene ist noch da: Bitte senden Sie es noch einmal ab.',
    resumed: 'Sie sind wieder angemeldet. Alles Eingegebene ist noch da: Bitte senden Sie es noch einmal ab.',
    orEmergency: 'Würde Warten auf eine Genehmigung Schaden anrichten?',
    emergencyLink: 'Notfallzugang benutzen',
    chooseTitle: 'Zugang beantragen',
    chooseLead: 'Für diese Anwendungen können Sie Zugang beantragen.',
    nothing: 'Hier gibt es nichts zu beantragen',
    nothingLead: 'Dieser Zugang steht Ihnen nicht offen, oder nicht mehr.',
    nothingAdvice: 'Brauchen Sie ihn für Ihre Arbeit, schreiben Sie bitte Ihrer IT-Abteilung.',
    toApps: 'Meine Anwendungen',
    upTo: (length) => `bis zu ${length}`,
  },
})
