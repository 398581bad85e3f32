// Texts of the pages about what did not reach an application and what a browser can send again, in English and German.

import { texts } from '../kit/language.ts'

export type Unsent =
  | 'session_ended'
  | 'not_signed_in'
  | 'frame_of_other_site'
  | 'form_too_large'
  | 'form_type'
  | 'form_unreadable'
  | 'form_busy'

interface KindWords {
  heading: string
  /** `name`: title of the application. */
  lead: (name: string) => readonly string[]
}

export const unsent = texts<Record<Unsent, KindWords>>({
  en: {
    session_ended: {
      heading: 'Your session has ended',
      lead: (name) => [
        `What you just sent has not reached ${name}: nothing was saved and nothing was changed. Keep this page open.`,
        'Sign in in a new tab. Then come back and reload this page: your browser asks whether to send the same once more, and does so when you agree.',
      ],
    },
    not_signed_in: {
      heading: 'You are not signed in',
      lead: (name) => [
        `What was just sent has not reached ${name}: nothing was saved and nothing was changed. Keep this page open.`,
        'Sign in in a new tab. Then come back and reload this page: your browser asks whether to send the same once more, and does so when you agree. If that takes too long, start again where you came from.',
      ],
    },
    frame_of_other_site: {
      heading: 'Please open this in a tab',
      lead: (name) => [
        `${name} is shown here as a part of another website. Browsers do not send your sign-in along to such a place.`,
      ],
    },
    form_too_large: {
      heading: 'This is too large to be passed on',
      lead: (name) => [
        `Another website sent you here with something for ${name}. Up to 256 KB can be passed on, and this is more.`,
        'Nothing was sent on, and nothing was changed.',
      ],
    },
    form_type: {
      heading: 'This cannot be passed on',
      lead: (name) => [
        `Another website sent you here with something for ${name}, in a form that cannot be passed on, such as one with files.`,
        'Nothing was sent on, and nothing was changed.',
      ],
    },
    form_unreadable: {
      heading: 'This cannot be passed on',
      lead: (name) => [
        `Another website sent you here with something for ${name}. It has parts that your browser could not send exactly as they came.`,
        'Nothing was sent on, and nothing was changed.',
      ],
    },
    form_busy: {
      heading: 'Just a moment',
      lead: (name) => [
        `Too many are on their way to ${name} from other websites at the same time. Nothing was sent on yet.`,
        'Reload this page in a moment: your browser asks whether to send the same once more, and does so when you agree.',
      ],
    },
  },
  de: {
    session_ended: {
      heading: 'Ihre Sitzung ist beendet',
      lead: (name) => [
        `Was Sie eben gesendet haben, hat ${name} nicht erreicht: Es wurde nichts gespeichert und nichts geändert. Lassen Sie diese Seite geöffnet.`,
        'Melden Sie sich in einem neuen Tab an. Kommen Sie dann zurück und laden Sie diese Seite neu: Ihr Browser fragt, ob er dasselbe noch einmal senden soll, und tut es, wenn Sie zustimmen.',
      ],
    },
    not_signed_in: {
      heading: 'Sie sind nicht angemeldet',
      lead: (name) => [
        `Was eben gesendet wurde, hat ${name} nicht erreicht: Es wurde nichts gespeichert und nichts geändert. Lassen Sie diese Seite geöffnet.`,
        'Melden Sie sich in einem neuen Tab an. Kommen Sie dann zurück und laden Sie diese Seite neu: Ihr Browser fragt, ob er dasselbe noch einmal senden soll, und tut es, wenn Sie zustimmen. Dauert das zu lange, beginnen Sie dort noch einmal, wo Sie herkamen.',
      ],
    },
    frame_of_other_site: {
      heading: 'Bitte in einem Tab öffnen',
      lead: (name) => [
        `${name} ist hier Teil einer anderen Website. Dorthin schicken Browser Ihre Anmeldung nicht mit.`,
      ],
    },
    form_too_large: {
      heading: 'Das ist zu groß, um weitergegeben zu werden',
      lead: (name) => [
        `Eine andere Website hat Sie mit Angaben für ${name} hierher geschickt. Bis 256 KB lassen sich weitergeben, und dies ist mehr.`,
        'Es wurde nichts weitergeleitet und nichts geändert.',
      ],
    },
    form_type: {
      heading: 'Das lässt sich nicht weitergeben',
      lead: (name) => [
        `Eine andere Website hat Sie mit Angaben für ${name} hierher geschickt, in einer Form, die sich nicht weitergeben lässt, etwa mit Dateien.`,
        'Es wurde nichts weitergeleitet und nichts geändert.',
      ],
    },
    form_unreadable: {
      heading: 'Das lässt sich nicht weitergeben',
      lead: (name) => [
        `Eine andere Website hat Sie mit Angaben für ${name} hierher geschickt. Teile davon könnte Ihr Browser nicht genau so senden, wie sie kamen.`,
        'Es wurde nichts weitergeleitet und nichts geändert.',
      ],
    },
    form_busy: {
      heading: 'Einen Moment bitte',
      lead: (name) => [
        `Zu viele sind zugleich von anderen Websites auf dem Weg zu ${name}. Es wurde noch nichts weitergeleitet.`,
        'Laden Sie diese Seite gleich neu: Ihr Browser fragt, ob er dasselbe noch einmal senden soll, und tut es, wenn Sie zustimmen.',
      ],
    },
  },
})
