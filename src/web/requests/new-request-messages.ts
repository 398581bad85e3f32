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
    lead: 'Tell us what you need, for how long and why. An approver decides, and access ends automatically.',
    extendLead: (until) => `Your access ends ${until}. It stays as it is while your request is being decided.`,
    level: 'What do you need?',
    levels: { read: 'Read only', full: 'Full access' },
    levelHints: { read: 'View everything, change nothing.', full: 'View and change.' },
    onlyLevel: {
      read: 'You are asking for read-only access: view everything, change nothing.',
      full: 'You are asking for full access.',
    },
    opensLevel: {
      read: 'This gives you read-only access: view everything, change nothing.',
      full: 'This gives you full access.',
    },
    length: 'For how long?',
    longer: 'How much longer?',
    longerHint: 'Added to the current end of your access.',
    begin: 'Starting when?',
    now: 'As soon as it is approved',
    later: 'Later',
    laterField: 'Day and time',
    laterHint: (zone) => `Time zone: ${zone}`,
    reason: 'Why do you need it?',
    reasonHint: 'Approvers and auditors will read this. Two sentences are enough.',
    emergencyReasonHint:
      'What happened, and what are you going to do? This is the first thing those notified will read.',
    ticket: 'Ticket number',
    ticketHint: 'The incident or order this is about.',
    optional: 'optional',
    next: 'What happens next',
    decides: (who) => `Who decides: ${who}.`,
    approvals: (count) => (count === 1 ? 'One approval is enough.' : `${count} separate approvals are needed.`),
    answer: (lapses) =>
      `You will find the decision under “My requests”. Without a decision within ${lapses}, the request expires.`,
    ends: 'You may be granted less than you asked for, never more. Access ends automatically, even while you are working.',
    nextEmergency: 'What happens when you use emergency access',
    told: (who) => `Your name and your reason are sent immediately to ${who}.`,
    recorded: 'Everything you do is recorded as emergency access.',
    reviewed: (within) => `Someone else reviews it within ${within}.`,
    endsItself: (length) => `It ends automatically after ${length} at the latest.`,
    emergencyOnly: 'Only for cases in which waiting for an approval would cause harm.',
    ask: 'Ask for access',
    askMore: 'Ask for more time',
    letMeIn: 'Use emergency access now',
    cancel: 'Cancel',
    mistakes: (count) =>
      count === 1 ? 'One entry is missing or incorrect' : `${count} entries are missing or incorrect`,
    length_unclear: 'Choose a duration, or enter a number and its unit.',
    moment_unclear: 'Enter the day and time at which access should start.',
    proven: 'Your second factor is confirmed. Everything you entered is still here: please send it again.',
    resumed: 'You are signed in again. Everything you entered is still here: please send it again.',
    orEmergency: 'Would waiting for an approval cause harm?',
    emergencyLink: 'Use emergency access',
    chooseTitle: 'Ask for access',
    chooseLead: 'You can ask for access to these applications.',
    nothing: 'You cannot ask for access here',
    nothingLead: 'This access is not available to you, or no longer available.',
    nothingAdvice: 'If you need it for your work, please contact your IT department.',
    toApps: 'My applications',
    upTo: (length) => `up to ${length}`,
  },
  de: {
    title: (app) => `Zugang zu ${app} beantragen`,
    extendTitle: (app) => `Mehr Zeit in ${app} beantragen`,
    emergencyTitle: (app) => `Notfallzugang zu ${app}`,
    lead: 'Geben Sie an, was Sie brauchen, wie lange und wozu. Über den Antrag wird entschieden, und der Zugang endet automatisch.',
    extendLead: (until) => `Ihr Zugang endet ${until}. Bis zur Entscheidung ändert sich nichts.`,
    level: 'Was brauchen Sie?',
    levels: { read: 'Nur lesen', full: 'Voller Zugang' },
    levelHints: { read: 'Alles ansehen, nichts ändern.', full: 'Ansehen und ändern.' },
    onlyLevel: {
      read: 'Sie beantragen Lesezugang: alles ansehen, nichts ändern.',
      full: 'Sie beantragen vollen Zugang.',
    },
    opensLevel: {
      read: 'Damit erhalten Sie Lesezugang: alles ansehen, nichts ändern.',
      full: 'Damit erhalten Sie vollen Zugang.',
    },
    length: 'Für wie lange?',
    longer: 'Wie viel länger?',
    longerHint: 'Wird an das jetzige Ende Ihres Zugangs angehängt.',
    begin: 'Ab wann?',
    now: 'Sobald er genehmigt ist',
    later: 'Später',
    laterField: 'Tag und Uhrzeit',
    laterHint: (zone) => `Zeitzone: ${zone}`,
    reason: 'Wozu brauchen Sie ihn?',
    reasonHint: 'Das lesen die Genehmigenden und die Revision. Zwei Sätze genügen.',
    emergencyReasonHint: 'Was ist geschehen, und was werden Sie tun? Das lesen die Benachrichtigten zuerst.',
    ticket: 'Ticketnummer',
    ticketHint: 'Die Störung oder der Auftrag, um den es geht.',
    optional: 'freiwillig',
    next: 'Wie es weitergeht',
    decides: (who) => `Es entscheidet: ${who}.`,
    approvals: (count) => (count === 1 ? 'Eine Zustimmung genügt.' : `${count} getrennte Zustimmungen sind nötig.`),
    answer: (lapses) =>
      `Die Entscheidung finden Sie unter „Meine Anträge“. Ohne Entscheidung verfällt der Antrag. Frist: ${lapses}.`,
    ends: 'Sie können weniger erhalten als beantragt, nie mehr. Der Zugang endet automatisch, auch während Sie arbeiten.',
    nextEmergency: 'Was geschieht, wenn Sie den Notfallzugang nutzen',
    told: (who) => `Ihr Name und Ihr Grund gehen sofort an: ${who}.`,
    recorded: 'Alles, was Sie tun, wird als Notfallzugang aufgezeichnet.',
    reviewed: (within) => `Eine andere Person prüft die Nutzung. Frist: ${within}.`,
    endsItself: (length) => `Der Zugang endet automatisch. Höchstdauer: ${length}.`,
    emergencyOnly: 'Nur für Fälle, in denen das Warten auf eine Genehmigung Schaden anrichten würde.',
    ask: 'Zugang beantragen',
    askMore: 'Mehr Zeit beantragen',
    letMeIn: 'Notfallzugang jetzt nutzen',
    cancel: 'Abbrechen',
    mistakes: (count) =>
      count === 1 ? 'Eine Angabe fehlt oder ist ungültig' : `${count} Angaben fehlen oder sind ungültig`,
    length_unclear: 'Wählen Sie eine Dauer, oder geben Sie eine Zahl mit Einheit ein.',
    moment_unclear: 'Geben Sie Tag und Uhrzeit an, zu denen der Zugang beginnen soll.',
    proven: 'Ihr zweiter Faktor ist bestätigt. Alles Eingegebene ist noch da: Bitte senden Sie es noch einmal ab.',
    resumed: 'Sie sind wieder angemeldet. Alles Eingegebene ist noch da: Bitte senden Sie es noch einmal ab.',
    orEmergency: 'Würde das Warten auf eine Genehmigung Schaden anrichten?',
    emergencyLink: 'Notfallzugang nutzen',
    chooseTitle: 'Zugang beantragen',
    chooseLead: 'Für diese Anwendungen können Sie Zugang beantragen.',
    nothing: 'Hier können Sie keinen Zugang beantragen',
    nothingLead: 'Dieser Zugang ist für Sie nicht oder nicht mehr verfügbar.',
    nothingAdvice: 'Wenn Sie ihn für Ihre Arbeit brauchen, wenden Sie sich bitte an Ihre IT-Abteilung.',
    toApps: 'Meine Anwendungen',
    upTo: (length) => `bis zu ${length}`,
  },
})
