// Every reason in German: its title, then what is said, the fullest wording first.

import type { Words } from '../reason-codes.ts'

export const de: Words = {
  store_unreachable: [
    'Zurzeit nicht erreichbar',
    'Einlass kann zurzeit nicht auf die gespeicherten Sitzungen zugreifen und deshalb niemanden einlassen. Bitte versuchen Sie es gleich noch einmal.',
  ],
  provider_unreachable: [
    'Anmeldedienst nicht erreichbar',
    'Der Dienst, der Ihre Identität bestätigt, antwortet zurzeit nicht. Bitte versuchen Sie es gleich noch einmal.',
  ],
  bad_request: [
    'Anfrage nicht verständlich',
    'Ihr Browser oder Programm hat eine Anfrage gesendet, die sich nicht eindeutig lesen lässt. Sie wurde deshalb nicht weitergeleitet.',
  ],
  host_unknown: ['Hier ist nichts', 'Unter dieser Adresse gibt es nichts.'],
  throttled: [
    'Zu viele Anfragen',
    'Es kamen zu viele Anfragen in kurzer Zeit. Bitte warten Sie einen Moment und versuchen Sie es dann noch einmal.',
  ],
  app_disabled: ['Abgeschaltet', '{app} ist zurzeit abgeschaltet.', 'Diese Anwendung ist zurzeit abgeschaltet.'],
  no_session: ['Bitte melden Sie sich an', 'Sie müssen sich anmelden, bevor es weitergeht.'],
  session_expired: [
    'Ihre Anmeldung ist abgelaufen',
    'Die höchste Dauer Ihrer Anmeldung ist erreicht. Bitte melden Sie sich erneut an.',
  ],
  session_idle: [
    'Sie waren eine Weile nicht aktiv',
    'Ihre Anmeldung wurde beendet, weil sie einige Zeit nicht genutzt wurde. Bitte melden Sie sich erneut an.',
  ],
  session_revoked: [
    'Ihre Anmeldung wurde beendet',
    'Sie wurden abgemeldet, oder Ihre Anmeldung wurde widerrufen. Bitte melden Sie sich erneut an.',
  ],
  quarantined: [
    'Zugang vorläufig gesperrt',
    'Ihr Zugang ist vorläufig gesperrt, bis auffällige Vorgänge geprüft sind.',
  ],
  denied_by_rule: [
    'Zugriff verweigert',
    'Eine Regel für {app} schließt diesen Zugriff ausdrücklich aus.',
    'Eine Regel schließt diesen Zugriff ausdrücklich aus.',
  ],
  origin_not_allowed: [
    'Anfrage von einer anderen Website',
    'Eine Seite einer anderen Website wollte in Ihrem Namen auf {app} zugreifen. {app} lässt das nicht zu.',
    'Eine Seite einer anderen Website wollte in Ihrem Namen zugreifen. Das ist nicht zugelassen.',
  ],
  policy_error: [
    'Die Regeln konnten nicht ausgewertet werden',
    'Die Regeln für {app} konnten nicht ausgewertet werden, deshalb erhält niemand Zugang. Die Ursache steht im Protokoll des Gateways.',
    'Die Regeln konnten nicht ausgewertet werden, deshalb erhält niemand Zugang. Die Ursache steht im Protokoll des Gateways.',
  ],
  emergency_code_other_app: [
    'Ihr Notfallcode gilt für eine andere Anwendung',
    'Sie sind mit einem Notfallcode angemeldet, der nur eine Anwendung öffnet. {app} ist eine andere.',
    'Sie sind mit einem Notfallcode angemeldet, der nur eine Anwendung öffnet. Diese hier ist eine andere.',
  ],
  provider_not_allowed: [
    'Andere Anmeldung nötig',
    '{app} akzeptiert den Anmeldedienst nicht, den Sie verwendet haben.',
    'Der Anmeldedienst, den Sie verwendet haben, wird hier nicht akzeptiert.',
  ],
  user_not_listed: [
    'Nicht für Ihr Konto',
    '{app} steht nur bestimmten Personen offen. Ihr Konto gehört nicht dazu.',
    'Dieser Bereich steht nur bestimmten Personen offen. Ihr Konto gehört nicht dazu.',
  ],
  not_in_group: [
    'Nicht in der passenden Gruppe',
    'Sie gehören zu keiner Gruppe, die {app} nutzen darf.',
    'Sie gehören zu keiner Gruppe, die hier Zugriff hat.',
  ],
  not_a_member_of_role: [
    'Rolle fehlt',
    'Sie haben keine Rolle, die das in {app} darf.',
    'Sie haben keine Rolle, die das darf.',
  ],
  claim_mismatch: [
    'Ihr Konto passt nicht',
    'Die Angaben Ihres Anmeldedienstes zu Ihrem Konto entsprechen nicht dem, was {app} verlangt.',
    'Die Angaben Ihres Anmeldedienstes zu Ihrem Konto entsprechen nicht dem, was hier verlangt wird.',
  ],
  groups_incomplete: [
    'Ihre Gruppen sind nicht vollständig bekannt',
    'Ihr Anmeldedienst hat nicht alle Ihre Gruppen übermittelt. Deshalb lässt sich nicht feststellen, ob Sie {app} nutzen dürfen.',
    'Ihr Anmeldedienst hat nicht alle Ihre Gruppen übermittelt. Deshalb lässt sich nicht feststellen, ob Sie Zugriff haben.',
  ],
  risk_too_high: [
    'Risiko zu hoch',
    'Dieser Zugriff gilt zurzeit als zu riskant für {app}, oder das Risiko ist nicht bekannt.',
    'Dieser Zugriff gilt zurzeit als zu riskant, oder das Risiko ist nicht bekannt.',
  ],
  path_not_allowed: [
    'Dieser Bereich nicht',
    'Sie haben keinen Zugriff auf diesen Bereich von {app}.',
    'Sie haben keinen Zugriff auf diesen Bereich.',
  ],
  method_not_allowed: [
    'Diese Aktion nicht',
    'Diese Aktion ist Ihnen in {app} nicht erlaubt.',
    'Diese Aktion ist Ihnen hier nicht erlaubt.',
  ],
  read_only: [
    'Nur Lesen',
    'Sie dürfen in {app} zurzeit lesen, aber nichts ändern.',
    'Sie dürfen zurzeit lesen, aber nichts ändern.',
  ],
  grant_required: [
    'Freigabe nötig',
    '{guest} ist das Konto einer anderen Organisation. {app} steht ihm nur mit einer befristeten Freigabe offen, und es liegt keine vor.',
    '{app} lässt sich nur mit einer befristeten Freigabe nutzen. Für Sie liegt keine vor.',
    'Dieser Bereich lässt sich nur mit einer befristeten Freigabe nutzen. Für Sie liegt keine vor.',
  ],
  grant_expired: [
    'Ihre Freigabe ist beendet',
    'Ihre befristete Freigabe für {app} ist beendet.',
    'Ihre befristete Freigabe ist beendet.',
  ],
  grant_pending: [
    'Noch nicht',
    'Ihre Freigabe für {app} gilt ab {from:moment}.',
    'Ihre Freigabe liegt vor, gilt aber noch nicht.',
  ],
  posture_unreachable: [
    'Ihr Gerät lässt sich nicht prüfen',
    'Der Dienst, der den Zustand Ihres Geräts kennt, antwortet zurzeit nicht. Bitte versuchen Sie es gleich noch einmal.',
  ],
  device_mismatch: ['Anderes Gerät', 'Diese Anmeldung gehört zu einem anderen Gerät als dem, das Sie gerade benutzen.'],
  device_not_compliant: [
    'Ihr Gerät erfüllt die Vorgaben nicht',
    'Ihr Gerät erfüllt eine Vorgabe für {app} nicht: {attribute:attribute}.',
    'Ihr Gerät erfüllt die Vorgaben für {app} nicht.',
    'Ihr Gerät erfüllt die Vorgaben nicht.',
  ],
  os_too_old: [
    'Ihr Betriebssystem ist zu alt',
    '{app} verlangt {system} {minimum} oder neuer, auf Ihrem Gerät läuft {version}. Bitte installieren Sie die Aktualisierungen.',
    'Ihr Betriebssystem ist zu alt. Bitte installieren Sie die Aktualisierungen.',
  ],
  device_stale: [
    'Ihr Gerät hat sich zu lange nicht gemeldet',
    'Die letzte Meldung über den Zustand Ihres Geräts ist für {app} zu alt.',
    'Die letzte Meldung über den Zustand Ihres Geräts ist zu alt.',
  ],
  device_unknown: [
    'Ihr Gerät ist nicht bekannt',
    'Zu diesem Punkt ist über Ihr Gerät nichts bekannt: {attribute:attribute}. {app} verlangt ihn.',
    '{app} lässt sich nur von einem bekannten Gerät aus nutzen. Ihres ist nicht bekannt.',
    'Dieser Bereich lässt sich nur von einem bekannten Gerät aus nutzen. Ihres ist nicht bekannt.',
  ],
  network_not_allowed: [
    'Nicht aus diesem Netz',
    '{app} ist nur aus diesen Netzen erreichbar: {networks}.',
    '{app} ist aus dem Netz, in dem Sie sich befinden, nicht erreichbar.',
    'Dieser Bereich ist aus dem Netz, in dem Sie sich befinden, nicht erreichbar.',
  ],
  country_not_allowed: [
    'Nicht aus diesem Land',
    '{app} ist aus dem Land, aus dem Ihre Verbindung kommt, nicht erreichbar.',
    'Dieser Bereich ist aus dem Land, aus dem Ihre Verbindung kommt, nicht erreichbar.',
  ],
  outside_schedule: [
    'Außerhalb der erlaubten Zeiten',
    'Sie dürfen {app} nur zu bestimmten Zeiten nutzen. Das nächste Zeitfenster beginnt am {opens:moment}.',
    'Sie dürfen {app} nur zu bestimmten Zeiten nutzen, und jetzt ist keine davon.',
    'Dieser Bereich ist nur zu bestimmten Zeiten offen, und jetzt ist keine davon.',
  ],
  download_limit: [
    'Obergrenze für Downloads erreicht',
    'Sie haben die Menge erreicht, die Sie aus {app} herunterladen dürfen.',
    'Sie haben die Menge erreicht, die Sie herunterladen dürfen.',
  ],
  no_rule_matched: [
    'Kein Zugriff',
    'Keine Regel erlaubt Ihnen, {app} so zu nutzen.',
    'Keine Regel erlaubt diesen Zugriff.',
  ],
  mfa_required: [
    'Bitte noch ein Nachweis',
    '{app} verlangt einen zweiten Nachweis, dass Sie es sind, zum Beispiel einen Code oder einen Sicherheitsschlüssel.',
    'Es ist ein zweiter Nachweis nötig, dass Sie es sind, zum Beispiel ein Code oder ein Sicherheitsschlüssel.',
  ],
  mfa_too_weak: [
    'Bitte ein stärkerer Nachweis',
    '{app} verlangt einen Nachweis, der sich nicht abfangen lässt, etwa einen Passkey oder einen Sicherheitsschlüssel.',
    'Es ist ein Nachweis nötig, der sich nicht abfangen lässt, etwa ein Passkey oder ein Sicherheitsschlüssel.',
  ],
  mfa_too_old: [
    'Bitte bestätigen Sie, dass Sie es sind',
    '{app} verlangt, dass Ihr letzter Nachweis nicht zu lange zurückliegt. Erlaubt sind höchstens: {max_age:duration}.',
    'Ihr letzter Nachweis, dass Sie es sind, liegt zu lange zurück.',
  ],
}
