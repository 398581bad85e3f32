// Texts of the page for a failed sign-in in English and German: what happened, why, and what to do.

import { texts } from '../kit/language.ts'
import type { SignInErrorCode } from '../../identity/oidc/sign-in.ts'

export interface FailureWords {
  heading: string
  why: string
  advice: string
}

export const failureWords = texts<Record<SignInErrorCode, FailureWords>>({
  en: {
    transaction_unknown: {
      heading: 'This sign-in is no longer valid',
      why: 'It has already been used, was left open for too long, or began in another browser.',
      advice: 'Nothing is lost: start again, or open the page you wanted once more.',
    },
    browser_mismatch: {
      heading: 'This sign-in began in another browser',
      why: 'For your protection, a sign-in has to end in the browser in which it began.',
      advice: 'Start again here. If this keeps happening, allow cookies for this address.',
    },
    response_invalid: {
      heading: 'This sign-in could not be completed',
      why: 'The address your browser opened is not a valid answer of your sign-in service. Perhaps a link was damaged or changed.',
      advice: 'Nothing is lost: start again.',
    },
    provider_error: {
      heading: 'Your sign-in service reported an error',
      why: 'It sent you back without signing you in.',
      advice:
        'Wait a moment and start again. If the problem persists, contact your IT department and give them the request number below.',
    },
    provider_refused: {
      heading: 'Your sign-in was refused',
      why: 'Your sign-in service did not allow you to sign in to this system.',
      advice: 'Try another account, or contact your IT department and give them the request number below.',
    },
    client_rejected: {
      heading: 'Sign-in is not set up correctly',
      why: 'Your sign-in service does not accept this system. You did nothing wrong.',
      advice:
        'Your IT department has to renew the credentials of this system. Please give them the request number below.',
    },
    scope_refused: {
      heading: 'Your sign-in service does not permit this request',
      why: 'This system asks for more about you (scopes) than is permitted to it there, so no one can sign in.',
      advice:
        'Only your IT department can mend it: permit these scopes at the service, or list the permitted ones under “scopes”. “einlass status” and the log name them.',
    },
    cancelled: {
      heading: 'You did not sign in',
      why: 'The sign-in was cancelled before it was finished.',
      advice: 'You can start again at any time.',
    },
    account_not_allowed: {
      heading: 'This account does not belong to the organisation',
      why: 'Only accounts of the organisation may sign in here.',
      advice: 'Try again, and choose the account you have for work.',
    },
    token_invalid: {
      heading: 'Your sign-in could not be verified',
      why: 'The response of your sign-in service did not pass a check. For your protection you have not been signed in.',
      advice:
        'Please try again. If the problem persists, your IT department can find the cause with the request number below.',
    },
    clock_skew: {
      heading: 'The clocks do not agree',
      why: 'A sign-in is valid for a few minutes only, and the times of your sign-in service and of this system are too far apart.',
      advice: 'Your IT department has to set one of the clocks. Please give them the request number below.',
    },
    step_up_not_proven: {
      heading: 'Your second factor was not confirmed',
      why: 'You are signed in, but your sign-in service did not confirm the stronger sign-in this page requires.',
      advice:
        'Try again and confirm the second factor. If you were not asked for one, you may have to set it up first.',
    },
    auth_time_missing: {
      heading: 'Your sign-in service did not say when you signed in',
      why: 'This page requires a recent sign-in, and your sign-in service left out the time.',
      advice:
        'Your IT department has to change a setting of the sign-in service; please give them the request number below. Trying again helps only after that.',
    },
    step_up_unavailable: {
      heading: 'A second factor cannot be asked for',
      why: 'This page requires a stronger sign-in than yours, and your sign-in service has no way to be asked for one. Trying again changes nothing.',
      advice:
        'If you can sign in with a second factor, sign out and sign in with it. Otherwise give your IT department the request number below: “einlass check” names the missing setting.',
    },
    other_account: {
      heading: 'That was another account',
      why: 'Your sign-in service returned another account than the one you are signed in with here. You are still signed in as before.',
      advice:
        'Try again and choose the account you use here. If you want to use the other account, sign out here first.',
    },
    provider_unreachable: {
      heading: 'Your sign-in service is not responding',
      why: 'Signing in is not possible without it.',
      advice: 'Wait a moment and try again.',
    },
    signing_key_unknown: {
      heading: 'Your sign-in service has just changed its key',
      why: 'This system does not have the new key yet, so your sign-in could not be verified.',
      advice:
        'Wait a few seconds and try again. If the problem persists, give your IT department the request number below.',
    },
    store_unreachable: {
      heading: 'Sign-in is not possible right now',
      why: 'A part of this system is not responding. You did nothing wrong.',
      advice: 'Wait a moment and try again.',
    },
    throttled: {
      heading: 'Too many sign-ins',
      why: 'There were very many sign-ins from your network within a short time.',
      advice: 'Wait a minute and try again.',
    },
  },
  de: {
    transaction_unknown: {
      heading: 'Diese Anmeldung ist nicht mehr gültig',
      why: 'Sie wurde bereits verwendet, blieb zu lange offen oder begann in einem anderen Browser.',
      advice: 'Nichts ist verloren: Beginnen Sie noch einmal, oder öffnen Sie die gewünschte Seite erneut.',
    },
    browser_mismatch: {
      heading: 'Diese Anmeldung begann in einem anderen Browser',
      why: 'Zu Ihrem Schutz muss eine Anmeldung in dem Browser enden, in dem sie begann.',
      advice: 'Beginnen Sie hier noch einmal. Geschieht das öfter, erlauben Sie bitte Cookies für diese Adresse.',
    },
    response_invalid: {
      heading: 'Diese Anmeldung ließ sich nicht abschließen',
      why: 'Die Adresse, die Ihr Browser geöffnet hat, ist keine gültige Antwort Ihres Anmeldedienstes. Vielleicht wurde ein Link beschädigt oder verändert.',
      advice: 'Nichts ist verloren: Beginnen Sie noch einmal.',
    },
    provider_error: {
      heading: 'Ihr Anmeldedienst meldet einen Fehler',
      why: 'Er hat Sie zurückgeschickt, ohne Sie anzumelden.',
      advice:
        'Warten Sie einen Moment und beginnen Sie noch einmal. Bleibt es dabei, wenden Sie sich an Ihre IT-Abteilung und nennen Sie die Vorgangsnummer unten.',
    },
    provider_refused: {
      heading: 'Ihre Anmeldung wurde abgelehnt',
      why: 'Ihr Anmeldedienst hat die Anmeldung an diesem System nicht erlaubt.',
      advice:
        'Versuchen Sie ein anderes Konto, oder wenden Sie sich an Ihre IT-Abteilung und nennen Sie die Vorgangsnummer unten.',
    },
    client_rejected: {
      heading: 'Die Anmeldung ist nicht richtig eingerichtet',
      why: 'Ihr Anmeldedienst akzeptiert dieses System nicht. Sie haben nichts falsch gemacht.',
      advice:
        'Ihre IT-Abteilung muss die Zugangsdaten dieses Systems erneuern. Nennen Sie ihr bitte die Vorgangsnummer unten.',
    },
    scope_refused: {
      heading: 'Ihr Anmeldedienst erlaubt diese Anfrage nicht',
      why: 'Dieses System fragt dort nach mehr Angaben (Scopes), als ihm erlaubt sind. Deshalb kann sich niemand anmelden.',
      advice:
        'Das kann nur Ihre IT-Abteilung beheben: diese Scopes beim Dienst erlauben oder die erlaubten unter „scopes“ eintragen. „einlass status“ und das Protokoll nennen sie.',
    },
    cancelled: {
      heading: 'Sie haben sich nicht angemeldet',
      why: 'Die Anmeldung wurde abgebrochen.',
      advice: 'Sie können jederzeit noch einmal beginnen.',
    },
    account_not_allowed: {
      heading: 'Dieses Konto gehört nicht zur Organisation',
      why: 'Anmelden können sich hier nur Konten der Organisation.',
      advice: 'Versuchen Sie es noch einmal und wählen Sie Ihr dienstliches Konto.',
    },
    token_invalid: {
      heading: 'Ihre Anmeldung ließ sich nicht prüfen',
      why: 'Die Antwort Ihres Anmeldedienstes hat eine Prüfung nicht bestanden. Zu Ihrem Schutz sind Sie nicht angemeldet.',
      advice:
        'Versuchen Sie es erneut. Bleibt es dabei, findet Ihre IT-Abteilung die Ursache über die Vorgangsnummer unten.',
    },
    clock_skew: {
      heading: 'Die Uhren stimmen nicht überein',
      why: 'Eine Anmeldung gilt nur wenige Minuten, und die Uhrzeiten Ihres Anmeldedienstes und dieses Systems liegen zu weit auseinander.',
      advice: 'Ihre IT-Abteilung muss eine der Uhren stellen. Nennen Sie ihr bitte die Vorgangsnummer unten.',
    },
    step_up_not_proven: {
      heading: 'Ihr zweiter Faktor wurde nicht bestätigt',
      why: 'Sie sind angemeldet, aber Ihr Anmeldedienst hat die hier erforderliche stärkere Anmeldung nicht bestätigt.',
      advice:
        'Versuchen Sie es erneut und bestätigen Sie den zweiten Faktor. Wurden Sie nicht danach gefragt, müssen Sie ihn vielleicht erst einrichten.',
    },
    auth_time_missing: {
      heading: 'Ihr Anmeldedienst nennt nicht den Zeitpunkt Ihrer Anmeldung',
      why: 'Diese Seite verlangt eine frische Anmeldung, und Ihr Anmeldedienst hat die Uhrzeit weggelassen.',
      advice:
        'Ihre IT-Abteilung muss eine Einstellung des Anmeldedienstes ändern; nennen Sie ihr bitte die Vorgangsnummer unten. Ein neuer Versuch hilft erst danach.',
    },
    step_up_unavailable: {
      heading: 'Ein zweiter Faktor lässt sich nicht anfordern',
      why: 'Diese Seite verlangt eine stärkere Anmeldung als Ihre, und Ihr Anmeldedienst lässt sich nicht danach fragen. Ein neuer Versuch ändert nichts.',
      advice:
        'Können Sie sich mit einem zweiten Faktor anmelden, dann melden Sie sich ab und damit wieder an. Sonst nennen Sie Ihrer IT-Abteilung die Vorgangsnummer unten: „einlass check“ nennt die fehlende Einstellung.',
    },
    other_account: {
      heading: 'Das war ein anderes Konto',
      why: 'Ihr Anmeldedienst hat ein anderes Konto gemeldet als das, mit dem Sie hier angemeldet sind. Sie sind weiterhin angemeldet wie zuvor.',
      advice:
        'Versuchen Sie es erneut und wählen Sie das Konto, das Sie hier verwenden. Möchten Sie das andere Konto verwenden, melden Sie sich hier zuerst ab.',
    },
    provider_unreachable: {
      heading: 'Ihr Anmeldedienst antwortet nicht',
      why: 'Ohne ihn ist keine Anmeldung möglich.',
      advice: 'Warten Sie einen Moment und versuchen Sie es erneut.',
    },
    signing_key_unknown: {
      heading: 'Ihr Anmeldedienst hat gerade seinen Schlüssel gewechselt',
      why: 'Dieses System kennt den neuen Schlüssel noch nicht, deshalb ließ sich Ihre Anmeldung nicht prüfen.',
      advice:
        'Warten Sie einige Sekunden und versuchen Sie es erneut. Bleibt es dabei, nennen Sie Ihrer IT-Abteilung die Vorgangsnummer unten.',
    },
    store_unreachable: {
      heading: 'Die Anmeldung ist zurzeit nicht möglich',
      why: 'Ein Teil dieses Systems antwortet nicht. Sie haben nichts falsch gemacht.',
      advice: 'Warten Sie einen Moment und versuchen Sie es erneut.',
    },
    throttled: {
      heading: 'Zu viele Anmeldungen',
      why: 'Aus Ihrem Netz kamen in kurzer Zeit sehr viele Anmeldungen.',
      advice: 'Warten Sie eine Minute und versuchen Sie es erneut.',
    },
  },
})
