// One sentence for each rejection of a request, approval or extension, in English and German.

import { texts, type Language } from '../kit/language.ts'
import type { RejectionReason } from '../../grants/requests/repository.ts'

/** Placeholder values, as far as known. */
export interface Placeholders {
  /** Title of the app. */
  readonly app: string
  /** Formatted durations. */
  readonly longest?: string | undefined
  readonly shortest?: string | undefined
  /** Formatted time: latest beginning. */
  readonly latest?: string | undefined
}

export function rejectionMessage(code: RejectionReason, known: Placeholders, language: Language): string {
  return sentences[language][code](known)
}

export function isRejectionReason(code: string | undefined): code is RejectionReason {
  return code !== undefined && Object.hasOwn(sentences.en, code)
}

type Sentences = Readonly<Record<RejectionReason, (known: Placeholders) => string>>

const sentences = texts<Sentences>({
  en: {
    app_unknown: () => 'There is no such application.',
    requests_closed: ({ app }) => `You cannot ask for access to ${app} here. Please ask its owner.`,
    not_eligible: ({ app }) => `You are not eligible to ask for access to ${app}. Please ask its owner.`,
    level_not_offered: () => 'This kind of access is not available to you. Please choose another one.',
    too_long: ({ longest }) => (longest ? `That is too long: at most ${longest}.` : 'That is longer than allowed.'),
    too_short: ({ shortest }) => (shortest ? `That is too short: at least ${shortest}.` : 'That is too short.'),
    ends_before_it_begins: () =>
      'The start time is in the past. Choose a later one, or start as soon as it is approved.',
    begins_too_late: ({ latest }) =>
      latest ? `That is too far ahead: the latest possible start is ${latest}.` : 'That is too far ahead.',
    reason_missing: () => 'Enter why you need it, so that the request can be decided.',
    ticket_missing: () => 'Enter the ticket number this is about.',
    ticket_malformed: () => 'This is not a valid ticket number.',
    too_many_requests: () =>
      'You have sent many requests in a short time. Wait until some are decided, or withdraw some.',
    already_requested: ({ app }) =>
      `You have already asked for access to ${app}. Here is that request; a second one is not needed.`,
    already_granted: ({ app }) =>
      `You already have this access to ${app}. If you need longer, ask for more time instead.`,
    grant_unknown: () => 'You have no such access.',
    grant_over: () => 'This access has ended in the meantime and cannot be extended. Please ask for access again.',
    extension_too_often: () => 'This access cannot be extended any further. When it has ended, ask for access again.',
    mfa_needed: () => 'Please confirm your second factor first. Nothing has been changed yet.',
    request_unknown: () => 'There is no such request.',
    not_an_approver: ({ app }) => `You are not an approver for ${app}. Nothing was changed.`,
    own_request: () => 'This is your own request, so someone else has to decide it. Nothing was changed.',
    same_person_unclear: () =>
      'It could not be established that you and the other person involved are two different people: the accounts are at two sign-in services, and at least one has no confirmed e-mail address. Someone else has to decide, or your administrator links the accounts. Nothing was changed.',
    approved_already: () => 'You have already approved this request. Your approval counts once.',
    longer_than_asked: ({ longest }) =>
      longest ? `That is longer than requested: at most ${longest}.` : 'That is longer than requested.',
    more_than_asked: () => 'That is more than was requested. You can grant the same or less.',
    request_closed: () => 'This request had already been decided when you answered. Nothing was changed.',
    request_lapsed: () => 'This request has expired without a decision. Access can be requested again.',
    text_too_long: () => 'This text is too long. Please shorten it.',
    no_review_due: () => 'There is nothing left to review here: the review has already been done.',
  },
  de: {
    app_unknown: () => 'Diese Anwendung gibt es nicht.',
    requests_closed: ({ app }) =>
      `Zugang zu ${app} lässt sich hier nicht beantragen. Bitte fragen Sie die Verantwortlichen.`,
    not_eligible: ({ app }) =>
      `Sie sind nicht berechtigt, Zugang zu ${app} zu beantragen. Bitte fragen Sie die Verantwortlichen.`,
    level_not_offered: () => 'Diese Art von Zugang ist für Sie nicht verfügbar. Bitte wählen Sie eine andere.',
    too_long: ({ longest }) => (longest ? `Das ist zu lang: höchstens ${longest}.` : 'Das ist länger als erlaubt.'),
    too_short: ({ shortest }) => (shortest ? `Das ist zu kurz: mindestens ${shortest}.` : 'Das ist zu kurz.'),
    ends_before_it_begins: () =>
      'Der Beginn liegt in der Vergangenheit. Wählen Sie einen späteren, oder beginnen Sie gleich nach der Genehmigung.',
    begins_too_late: ({ latest }) =>
      latest
        ? `Das liegt zu weit in der Zukunft: spätester Beginn ist ${latest}.`
        : 'Das liegt zu weit in der Zukunft.',
    reason_missing: () => 'Geben Sie an, wozu Sie den Zugang brauchen, damit über den Antrag entschieden werden kann.',
    ticket_missing: () => 'Geben Sie die Nummer des Tickets an, um das es geht.',
    ticket_malformed: () => 'Das ist keine gültige Ticketnummer.',
    too_many_requests: () =>
      'Sie haben in kurzer Zeit viele Anträge gestellt. Warten Sie, bis über einige entschieden ist, oder ziehen Sie einige zurück.',
    already_requested: ({ app }) =>
      `Sie haben Zugang zu ${app} schon beantragt. Hier ist dieser Antrag; ein zweiter ist nicht nötig.`,
    already_granted: ({ app }) =>
      `Diesen Zugang zu ${app} haben Sie schon. Wenn Sie ihn länger brauchen, beantragen Sie mehr Zeit.`,
    grant_unknown: () => 'Einen solchen Zugang haben Sie nicht.',
    grant_over: () =>
      'Dieser Zugang ist inzwischen abgelaufen und lässt sich nicht verlängern. Bitte beantragen Sie ihn erneut.',
    extension_too_often: () =>
      'Dieser Zugang lässt sich nicht weiter verlängern. Beantragen Sie ihn erneut, wenn er abgelaufen ist.',
    mfa_needed: () => 'Bitte bestätigen Sie zuerst Ihren zweiten Faktor. Es wurde noch nichts geändert.',
    request_unknown: () => 'Diesen Antrag gibt es nicht.',
    not_an_approver: ({ app }) =>
      `Sie sind nicht berechtigt, über Anträge für ${app} zu entscheiden. Es wurde nichts geändert.`,
    own_request: () =>
      'Das ist Ihr eigener Antrag. Darüber muss eine andere Person entscheiden. Es wurde nichts geändert.',
    same_person_unclear: () =>
      'Es ließ sich nicht feststellen, dass Sie und die andere beteiligte Person zwei verschiedene Personen sind: Die Konten liegen bei zwei Anmeldediensten, und mindestens einem fehlt eine bestätigte E-Mail-Adresse. Eine andere Person muss entscheiden, oder Ihre Administration ordnet die Konten einander zu. Es wurde nichts geändert.',
    approved_already: () => 'Sie haben diesen Antrag schon genehmigt. Ihre Genehmigung zählt einmal.',
    longer_than_asked: ({ longest }) =>
      longest ? `Das ist länger als beantragt: höchstens ${longest}.` : 'Das ist länger als beantragt.',
    more_than_asked: () => 'Das ist mehr als beantragt. Sie können gleich viel oder weniger gewähren.',
    request_closed: () => 'Über diesen Antrag war bei Ihrer Antwort schon entschieden. Es wurde nichts geändert.',
    request_lapsed: () => 'Dieser Antrag ist ohne Entscheidung verfallen. Er kann erneut gestellt werden.',
    text_too_long: () => 'Dieser Text ist zu lang. Bitte kürzen Sie ihn.',
    no_review_due: () => 'Hier gibt es nichts mehr zu prüfen: Die Prüfung ist schon erledigt.',
  },
})
