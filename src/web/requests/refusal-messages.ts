// One sentence for each rejection of a request, approval or extension, in English and German.

import { texts, type Language } from '../kit/language.ts'
import type { RejectionReason } from '../../grants/requests/repository.ts'

/** Placeholder values, as far as known. */
export interface Known {
  /** Title of the app. */
  readonly app: string
  /** Formatted durations. */
  readonly longest?: string | undefined
  readonly shortest?: string | undefined
  /** Formatted time: latest beginning. */
  readonly latest?: string | undefined
}

export function refusalSentence(code: RejectionReason, known: Known, language: Language): string {
  return sentences[language][code](known)
}

export function isRefusal(code: string | undefined): code is RejectionReason {
  return code !== undefined && Object.hasOwn(sentences.en, code)
}

type Sentences = Readonly<Record<RejectionReason, (known: Known) => string>>

const sentences = texts<Sentences>({
  en: {
    app_unknown: () => 'There is no such application.',
    requests_closed: ({ app }) => `Nobody can ask for access to ${app} here. Ask its owner.`,
    not_eligible: ({ app }) => `You are not among those who may ask for access to ${app}. Ask its owner.`,
    level_not_offered: () => 'This kind of access is not offered to you. Choose another one.',
    too_long: ({ longest }) =>
      longest ? `That is too long: at most ${longest}.` : 'That is longer than may be given.',
    too_short: ({ shortest }) => (shortest ? `That is too short: at least ${shortest}.` : 'That is too short.'),
    ends_before_it_begins: () =>
      'The beginning has passed already. Choose a later one, or begin as soon as it is approved.',
    begins_too_late: ({ latest }) =>
      latest ? `That is too far ahead: it may begin ${latest} at the latest.` : 'That is too far ahead.',
    reason_missing: () => 'Write why you need it. Whoever decides knows nothing else about it.',
    ticket_missing: () => 'Give the number of the ticket this is for.',
    ticket_malformed: () => 'This is not the number of a ticket as they are written here.',
    too_many_requests: () =>
      'You have asked a lot in a short time. Wait until some of it is decided, or withdraw some.',
    already_requested: ({ app }) =>
      `You have asked for access to ${app} already. Here is that request; a second one is not needed.`,
    already_granted: ({ app }) =>
      `You have this access to ${app} already. When it gets short, ask for more time instead.`,
    grant_unknown: () => 'There is no such access of yours.',
    grant_over: () => 'This access has ended meanwhile and cannot be prolonged. Ask for a new one.',
    extension_too_often: () => 'This access cannot be prolonged any further. When it has ended, ask for a new one.',
    mfa_needed: () => 'This needs a fresh second factor. Nothing was done yet.',
    request_unknown: () => 'There is no such request.',
    not_an_approver: ({ app }) => `You are not among those who decide about ${app}. Nothing was changed.`,
    own_request: () => 'This is your own request: somebody else has to decide about it. Nothing was changed.',
    approved_already: () => 'You have approved this already. It counts once.',
    longer_than_asked: ({ longest }) =>
      longest ? `That is longer than was asked for: at most ${longest}.` : 'That is longer than was asked for.',
    more_than_asked: () => 'That is more than was asked for. You can give as much or less.',
    request_closed: () => 'Somebody was faster: this had been decided when your answer came. It changed nothing.',
    request_lapsed: () => 'This request has lapsed meanwhile: nobody decided in time. It can be asked for again.',
    text_too_long: () => 'One of the texts is too long. Say it shorter.',
    no_review_due: () => 'There is nothing to review here any more: somebody has done it.',
  },
  de: {
    app_unknown: () => 'Diese Anwendung gibt es nicht.',
    requests_closed: ({ app }) => `Zugang zu ${app} lässt sich hier nicht beantragen. Fragen Sie die Verantwortlichen.`,
    not_eligible: ({ app }) =>
      `Sie gehören nicht zu denen, die Zugang zu ${app} beantragen dürfen. Fragen Sie die Verantwortlichen.`,
    level_not_offered: () => 'Diese Art von Zugang steht Ihnen nicht offen. Wählen Sie eine andere.',
    too_long: ({ longest }) =>
      longest ? `Das ist zu lang: höchstens ${longest}.` : 'Das ist länger, als gegeben werden darf.',
    too_short: ({ shortest }) => (shortest ? `Das ist zu kurz: mindestens ${shortest}.` : 'Das ist zu kurz.'),
    ends_before_it_begins: () =>
      'Der Beginn ist schon vorbei. Wählen Sie einen späteren, oder beginnen Sie gleich nach der Genehmigung.',
    begins_too_late: ({ latest }) =>
      latest
        ? `Das liegt zu weit in der Zukunft: spätester Beginn ist ${latest}.`
        : 'Das liegt zu weit in der Zukunft.',
    reason_missing: () => 'Schreiben Sie, wozu Sie den Zugang brauchen. Wer entscheidet, weiß sonst nichts davon.',
    ticket_missing: () => 'Nennen Sie die Nummer des Tickets, um das es geht.',
    ticket_malformed: () => 'So sieht hier keine Ticketnummer aus.',
    too_many_requests: () =>
      'Sie haben in kurzer Zeit sehr viel beantragt. Warten Sie, bis einiges entschieden ist, oder ziehen Sie etwas zurück.',
    already_requested: ({ app }) =>
      `Sie haben Zugang zu ${app} schon beantragt. Hier ist dieser Antrag; ein zweiter ist nicht nötig.`,
    already_granted: ({ app }) =>
      `Diesen Zugang zu ${app} haben Sie schon. Wird die Zeit knapp, beantragen Sie eine Verlängerung.`,
    grant_unknown: () => 'Einen solchen Zugang haben Sie nicht.',
    grant_over: () =>
      'Dieser Zugang ist inzwischen abgelaufen und lässt sich nicht verlängern. Beantragen Sie einen neuen.',
    extension_too_often: () =>
      'Dieser Zugang lässt sich nicht weiter verlängern. Beantragen Sie einen neuen, wenn er abgelaufen ist.',
    mfa_needed: () => 'Dafür ist ein frischer zweiter Faktor nötig. Noch ist nichts geschehen.',
    request_unknown: () => 'Diesen Antrag gibt es nicht.',
    not_an_approver: ({ app }) => `Sie gehören nicht zu denen, die über ${app} entscheiden. Es wurde nichts geändert.`,
    own_request: () => 'Das ist Ihr eigener Antrag: Darüber muss jemand anderes entscheiden. Es wurde nichts geändert.',
    approved_already: () => 'Sie haben das schon genehmigt. Es zählt einmal.',
    longer_than_asked: ({ longest }) =>
      longest ? `Das ist länger als beantragt: höchstens ${longest}.` : 'Das ist länger als beantragt.',
    more_than_asked: () => 'Das ist mehr als beantragt. Sie können so viel oder weniger geben.',
    request_closed: () => 'Jemand war schneller: Als Ihre Antwort kam, war schon entschieden. Sie hat nichts geändert.',
    request_lapsed: () =>
      'Dieser Antrag ist inzwischen verfallen: Niemand hat rechtzeitig entschieden. Er kann neu gestellt werden.',
    text_too_long: () => 'Einer der Texte ist zu lang. Fassen Sie sich kürzer.',
    no_review_due: () => 'Hier gibt es nichts mehr zu prüfen: Jemand hat es schon getan.',
  },
})
