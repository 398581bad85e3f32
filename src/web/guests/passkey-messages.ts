// Texts of the passkey pages in English and German.

import { texts } from '../kit/language.ts'

export const words = texts({
  en: {
    confirmTitle: 'Confirm with your passkey',
    confirmLead: 'This asks for more than a code by mail: your fingerprint, your face or the PIN of your device.',
    confirm: 'Use the passkey',
    noneTitle: 'A passkey is needed here',
    noneLead:
      'A code by mail alone is not enough for this. Add a passkey: your device keeps it, and your fingerprint, your face or a PIN unlocks it. You need no account for it.',
    noneAdd: 'Add a passkey',
    notPossible: 'Passkeys cannot be used here, because this page has no host name. Tell the person who invited you.',
    title: 'Your passkeys',
    lead: 'A passkey confirms your sign-in with your fingerprint, your face or the PIN of your device. It is good for this page only, and cannot be given away by mistake.',
    empty: 'You have none yet.',
    add: 'Add a passkey',
    name: 'Name',
    nameHint: 'To recognise it later, such as the name of the device.',
    added: (time: string) => `added ${time}`,
    used: (time: string) => `last used ${time}`,
    unused: 'not used yet',
    unnamed: 'Passkey',
    remove: 'Remove',
    removeOf: (name: string) => `Remove ${name}`,
    onward: 'Continue to the application',
    noScript: 'Passkeys need JavaScript. Please allow it for this page.',
    missing: 'This browser knows no passkeys. Please use a current version of it, or another one.',
    failed: 'That did not work: it was cancelled, or the device did not answer. You can try again.',
    refused: 'The passkey was not accepted. Please try again.',
    full: 'There are ten passkeys already. Remove one first.',
    notices: { added: 'The passkey was added.', removed: 'The passkey was removed.' },
    back: 'My applications',
  },
  de: {
    confirmTitle: 'Mit Ihrem Passkey bestätigen',
    confirmLead:
      'Hier reicht ein Code per E-Mail nicht: Gefragt ist Ihr Fingerabdruck, Ihr Gesicht oder die PIN Ihres Geräts.',
    confirm: 'Passkey verwenden',
    noneTitle: 'Hier wird ein Passkey gebraucht',
    noneLead:
      'Ein Code per E-Mail allein reicht hier nicht. Fügen Sie einen Passkey hinzu: Ihr Gerät bewahrt ihn auf, und Ihr Fingerabdruck, Ihr Gesicht oder eine PIN schaltet ihn frei. Ein Konto brauchen Sie dafür nicht.',
    noneAdd: 'Passkey hinzufügen',
    notPossible:
      'Passkeys sind hier nicht möglich, weil diese Seite keinen Rechnernamen hat. Sagen Sie es der Person, die Sie eingeladen hat.',
    title: 'Ihre Passkeys',
    lead: 'Ein Passkey bestätigt Ihre Anmeldung mit Ihrem Fingerabdruck, Ihrem Gesicht oder der PIN Ihres Geräts. Er gilt nur für diese Seite und lässt sich nicht versehentlich weitergeben.',
    empty: 'Sie haben noch keinen.',
    add: 'Passkey hinzufügen',
    name: 'Name',
    nameHint: 'Zum Wiedererkennen, zum Beispiel der Name des Geräts.',
    added: (time) => `hinzugefügt ${time}`,
    used: (time) => `zuletzt verwendet ${time}`,
    unused: 'noch nicht verwendet',
    unnamed: 'Passkey',
    remove: 'Entfernen',
    removeOf: (name) => `${name} entfernen`,
    onward: 'Weiter zur Anwendung',
    noScript: 'Passkeys brauchen JavaScript. Bitte erlauben Sie es für diese Seite.',
    missing: 'Dieser Browser kennt keine Passkeys. Bitte nehmen Sie eine aktuelle Version oder einen anderen.',
    failed:
      'Das hat nicht geklappt: Es wurde abgebrochen, oder das Gerät hat nicht geantwortet. Sie können es erneut versuchen.',
    refused: 'Der Passkey wurde nicht angenommen. Bitte versuchen Sie es noch einmal.',
    full: 'Es gibt schon zehn Passkeys. Entfernen Sie zuerst einen.',
    notices: { added: 'Der Passkey wurde hinzugefügt.', removed: 'Der Passkey wurde entfernt.' },
    back: 'Meine Anwendungen',
  },
})
