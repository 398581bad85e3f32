// Texts of the page that sends a form of another site again, in English and German.

import { texts } from '../kit/language.ts'

export interface Words {
  again: {
    heading: (app: string) => string
    lead: (app: string) => string
    go: string
  }
}

export const words = texts<Words>({
  en: {
    again: {
      heading: (app) => `Continue to ${app}`,
      lead: (app) =>
        `Another website sent you here with something for ${app}. It is being passed on. If nothing happens, choose “Continue”.`,
      go: 'Continue',
    },
  },
  de: {
    again: {
      heading: (app) => `Weiter zu ${app}`,
      lead: (app) =>
        `Eine andere Website hat Sie mit Angaben für ${app} hierher geschickt. Diese werden jetzt weitergegeben. Falls nichts geschieht, wählen Sie bitte „Weiter“.`,
      go: 'Weiter',
    },
  },
})
