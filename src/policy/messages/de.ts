// Texts of all reasons in German: a title, then templates, the most detailed first.

import type { ReasonTexts } from '../reason-codes.ts'

export const de: ReasonTexts = {
  store_unreachable: [
    'Zurzeit nicht verfügbar',
    'Einlass kann Ihre Sitzung zurzeit nicht prüfen. Bitte versuchen Sie es gleich noch einmal.',
  ],
  provider_unreachable: [
    'Anmeldedienst nicht erreichbar',
    'Der Dienst, der Ihre Identität bestätigt, antwortet zurzeit nicht. Bitte versuchen Sie es gleich noch einmal.',
  ],
  bad_request: [
    'Anfrage nicht verständlich',
    'Ihr Browser oder Programm hat eine Anfrage gesendet, die sich nicht eindeutig auswerten lässt. Sie wurde deshalb nicht weitergeleitet.',
  ],
  host_unknown: ['Hier ist nichts', 'Unter dieser Adresse gibt es nichts.'],
  throttled: [
    'Zu viele Anfragen',
    'In kurzer Zeit wurden zu viele Anfragen gesendet. Bitte warten Sie einen Moment und versuchen Sie es dann noch einmal.',
  ],
  app_disabled: [
    'Anwendung abgeschaltet',
    '{app} ist zurzeit abgeschaltet.',
    'Diese Anwendung ist zurzeit abgeschaltet.',
  ],
  no_session: ['Bitte melden Sie sich an', 'Sie müssen sich anmelden, um fortzufahren.'],
  session_expired: [
    'Ihre Anmeldung ist abgelaufen',
    'Die maximale Dauer Ihrer Anmeldung ist erreicht. Bitte melden Sie sich erneut an.',
  ],
  session_idle: [
    'Wegen Inaktivität abgemeldet',
    'Sie waren längere Zeit nicht aktiv und wurden deshalb abgemeldet. Bitte melden Sie sich erneut an.',
  ],
  session_revoked: [
    'Sie wurden abgemeldet',
    'Sie haben sich abgemeldet, oder Ihre Sitzung wurde beendet. Bitte melden Sie sich erneut an.',
  ],
  quarantined: [
    'Zugang vorläufig gesperrt',
    'Ihr Zugang ist vorläufig gesperrt, bis auffällige Vorgänge geprüft sind.',
  ],
  denied_by_rule: [
    'Zugang verweigert',
    'Eine Regel für {app} schließt diesen Zugang ausdrücklich aus.',
    'Eine Regel schließt diesen Zugang ausdrücklich aus.',
  ],
  denied_by_unknown: [
    'Es fehlt eine Angabe',
    'Eine Regel für {app} schließt den Zugang in bestimmten Fällen aus, und es ließ sich nicht feststellen, dass Ihrer keiner davon ist.',
    'Eine Regel schließt den Zugang in bestimmten Fällen aus, und es ließ sich nicht feststellen, dass Ihrer keiner davon ist.',
  ],
  origin_not_allowed: [
    'Anfrage von einer anderen Website',
    'Eine Seite von {host} hat in Ihrem Namen ein Formular an {app} gesendet. Es wurde nichts weitergeleitet und nichts geändert. Soll diese Seite das dürfen, etwa nach einer Anmeldung mit SAML oder einer Zahlung, kann die Administration den Pfad unter {setting} der Anwendung eintragen; {origin} unter trusted_origins erlaubt alles, was die Seite sendet.',
    'Eine Seite von {host} hat in Ihrem Namen ein Formular an diese Anwendung gesendet. Es wurde nichts weitergeleitet und nichts geändert. Soll diese Seite das dürfen, etwa nach einer Anmeldung mit SAML oder einer Zahlung, kann die Administration den Pfad unter {setting} der Anwendung eintragen; {origin} unter trusted_origins erlaubt alles, was die Seite sendet.',
    'Ein Formular für {app} kam nicht von einer eigenen Seite der Anwendung oder gab seine Herkunft nicht an. Es wurde nichts weitergeleitet und nichts geändert. Für die Administration: {setting} nennt Pfade, die Formulare anderer Websites annehmen; trusted_origins nennt Seiten, die alles senden dürfen.',
    'Ein Formular kam nicht von einer Seite dieser Anwendung oder gab seine Herkunft nicht an. Es wurde nichts weitergeleitet und nichts geändert. Für die Administration: {setting} nennt Pfade, die Formulare anderer Websites annehmen; trusted_origins nennt Seiten, die alles senden dürfen.',
    'Eine Seite von {host} hat versucht, in Ihrem Namen etwas an {app} zu senden. Es wurde nichts weitergeleitet und nichts geändert. Soll diese Seite das dürfen, kann die Administration {origin} unter trusted_origins der Anwendung eintragen.',
    'Eine Seite von {host} hat versucht, in Ihrem Namen etwas an diese Anwendung zu senden. Es wurde nichts weitergeleitet und nichts geändert. Soll diese Seite das dürfen, kann die Administration {origin} unter trusted_origins der Anwendung eintragen.',
    'Eine Anfrage an {app} kam nicht von einer eigenen Seite der Anwendung oder gab ihre Herkunft nicht an. Es wurde nichts weitergeleitet und nichts geändert. Für die Administration: trusted_origins nennt Seiten anderer Websites; websocket_origins: none lässt WebSocket-Programme zu, die keine Browser sind.',
    'Eine Anfrage kam nicht von einer Seite dieser Anwendung oder gab ihre Herkunft nicht an. Es wurde nichts weitergeleitet und nichts geändert. Für die Administration: trusted_origins nennt Seiten anderer Websites; websocket_origins: none lässt WebSocket-Programme zu, die keine Browser sind.',
  ],
  policy_error: [
    'Die Regeln konnten nicht ausgewertet werden',
    'Die Regeln für {app} konnten nicht ausgewertet werden, deshalb erhält niemand Zugang. Die Ursache steht im Protokoll des Gateways.',
    'Die Regeln konnten nicht ausgewertet werden, deshalb erhält niemand Zugang. Die Ursache steht im Protokoll des Gateways.',
  ],
  emergency_code_other_app: [
    'Ihr Notfallcode gilt für eine andere Anwendung',
    'Sie haben sich mit einem Notfallcode angemeldet, der nur für eine Anwendung gilt. {app} ist eine andere.',
    'Sie haben sich mit einem Notfallcode angemeldet, der nur für eine Anwendung gilt. Diese hier ist eine andere.',
  ],
  provider_not_allowed: [
    'Andere Anmeldung nötig',
    '{app} akzeptiert den Anmeldedienst nicht, den Sie verwendet haben.',
    'Der Anmeldedienst, den Sie verwendet haben, wird hier nicht akzeptiert.',
  ],
  domain_not_allowed: [
    'Nicht für E-Mail-Adressen wie Ihre',
    '{app} steht nur Personen bestimmter Organisationen offen. Die Domain Ihrer E-Mail-Adresse gehört nicht dazu.',
    'Dieser Bereich steht nur Personen bestimmter Organisationen offen. Die Domain Ihrer E-Mail-Adresse gehört nicht dazu.',
  ],
  user_not_listed: [
    'Nicht für Ihr Konto',
    '{app} steht nur bestimmten Personen offen. Ihr Konto gehört nicht dazu.',
    'Dieser Bereich steht nur bestimmten Personen offen. Ihr Konto gehört nicht dazu.',
  ],
  not_in_group: [
    'Nicht in der passenden Gruppe',
    'Sie gehören zu keiner Gruppe, die {app} nutzen darf.',
    'Sie gehören zu keiner Gruppe, die hier Zugang hat.',
  ],
  not_a_member_of_role: [
    'Rolle fehlt',
    'Sie haben keine Rolle, die das in {app} erlaubt.',
    'Sie haben keine Rolle, die das erlaubt.',
  ],
  claim_mismatch: [
    'Ihr Konto erfüllt die Anforderungen nicht',
    'Die Angaben Ihres Anmeldedienstes zu Ihrem Konto erfüllen die Anforderungen von {app} nicht.',
    'Die Angaben Ihres Anmeldedienstes zu Ihrem Konto erfüllen die Anforderungen nicht.',
  ],
  claim_unknown: [
    'Eine Angabe zu Ihrem Konto fehlt',
    'Ihr Anmeldedienst hat zu Ihrem Konto „{claim}“ nicht übermittelt. Die Regeln von {app} hängen davon ab. Die zuständige Stelle kann die Angabe ergänzen lassen.',
    'Ihr Anmeldedienst hat eine Angabe zu Ihrem Konto nicht übermittelt, von der die Regeln abhängen.',
  ],
  email_unknown: [
    'Ihre E-Mail-Adresse ist nicht bestätigt',
    'Ihr Anmeldedienst hat keine E-Mail-Adresse von Ihnen bestätigt. Deshalb lässt sich nicht feststellen, ob Sie {app} nutzen dürfen. Bestätigen Sie die Adresse in Ihrem Konto und melden Sie sich neu an.',
    'Ihr Anmeldedienst hat keine E-Mail-Adresse von Ihnen bestätigt. Bestätigen Sie die Adresse in Ihrem Konto und melden Sie sich neu an.',
  ],
  groups_incomplete: [
    'Ihre Gruppen sind nicht vollständig bekannt',
    'Ihr Anmeldedienst hat nicht alle Ihre Gruppen übermittelt. Deshalb lässt sich nicht feststellen, ob Sie {app} nutzen dürfen.',
    'Ihr Anmeldedienst hat nicht alle Ihre Gruppen übermittelt. Deshalb lässt sich nicht feststellen, ob Sie Zugang haben.',
  ],
  risk_too_high: [
    'Risiko zu hoch',
    'Dieser Zugang gilt zurzeit als zu riskant für {app}, oder das Risiko ist nicht bekannt.',
    'Dieser Zugang gilt zurzeit als zu riskant, oder das Risiko ist nicht bekannt.',
  ],
  path_not_allowed: [
    'Kein Zugang zu diesem Bereich',
    'Sie haben keinen Zugang zu diesem Bereich von {app}.',
    'Sie haben keinen Zugang zu diesem Bereich.',
  ],
  method_not_allowed: [
    'Aktion nicht erlaubt',
    'Diese Aktion ist Ihnen in {app} nicht erlaubt.',
    'Diese Aktion ist Ihnen hier nicht erlaubt.',
  ],
  read_only: [
    'Nur Lesen möglich',
    'Sie können in {app} zurzeit lesen, aber nichts ändern.',
    'Sie können zurzeit lesen, aber nichts ändern.',
  ],
  grant_required: [
    'Befristeter Zugang nötig',
    '{guest} ist ein Konto einer anderen Organisation. Es benötigt einen befristeten Zugang zu {app}, und es wurde keiner erteilt.',
    'Sie benötigen einen befristeten Zugang zu {app}, und Ihnen wurde keiner erteilt.',
    'Sie benötigen einen befristeten Zugang, und Ihnen wurde keiner erteilt.',
  ],
  grant_of_other_account: [
    'Dieser Zugang gehört zu einem anderen Konto',
    'Ihre E-Mail-Adresse hat Zugang zu {app} erhalten, aber ein anderes Konto mit dieser Adresse hat ihn zuerst benutzt. Wurde Ihr Konto neu angelegt, bitten Sie um einen eigenen Zugang.',
    'Ihre E-Mail-Adresse hat Zugang erhalten, aber ein anderes Konto mit dieser Adresse hat ihn zuerst benutzt. Wurde Ihr Konto neu angelegt, bitten Sie um einen eigenen Zugang.',
  ],
  grant_expired: [
    'Ihr Zugang ist beendet',
    'Ihr befristeter Zugang zu {app} ist beendet.',
    'Ihr befristeter Zugang ist beendet.',
  ],
  grant_pending: [
    'Ihr Zugang hat noch nicht begonnen',
    'Ihr Zugang zu {app} beginnt am {from:moment}.',
    'Ihr Zugang wurde erteilt, hat aber noch nicht begonnen.',
  ],
  posture_unreachable: [
    'Ihr Gerät lässt sich nicht prüfen',
    'Der Dienst, der den Zustand Ihres Geräts meldet, antwortet zurzeit nicht. Bitte versuchen Sie es gleich noch einmal.',
  ],
  device_mismatch: ['Anderes Gerät', 'Diese Anmeldung gehört zu einem anderen Gerät als dem, das Sie gerade benutzen.'],
  device_reported_noncompliant: [
    'Ihr Gerät gilt als nicht konform',
    'Die Geräteverwaltung Ihres Unternehmens meldet, dass dieses Gerät ihre Vorgaben nicht einhält. {app} lässt sich deshalb nicht von ihm aus nutzen. Was zu beheben ist, zeigt die Verwaltungs-App auf dem Gerät.',
    'Die Geräteverwaltung Ihres Unternehmens meldet, dass dieses Gerät ihre Vorgaben nicht einhält. Was zu beheben ist, zeigt die Verwaltungs-App auf dem Gerät.',
  ],
  device_not_compliant: [
    'Ihr Gerät erfüllt die Anforderungen nicht',
    'Ihr Gerät erfüllt eine Anforderung von {app} nicht: {attribute:attribute}.',
    'Ihr Gerät erfüllt die Anforderungen von {app} nicht.',
    'Ihr Gerät erfüllt die Anforderungen nicht.',
  ],
  os_too_old: [
    'Ihr Betriebssystem ist zu alt',
    '{app} verlangt {system} {minimum} oder neuer; auf Ihrem Gerät läuft {version}. Bitte installieren Sie die verfügbaren Aktualisierungen.',
    'Ihr Betriebssystem ist zu alt. Bitte installieren Sie die verfügbaren Aktualisierungen.',
  ],
  device_stale: [
    'Ihr Gerät hat sich zu lange nicht gemeldet',
    'Die letzte Meldung über den Zustand Ihres Geräts ist für {app} zu alt.',
    'Die letzte Meldung über den Zustand Ihres Geräts ist zu alt.',
  ],
  device_unknown: [
    'Ihr Gerät ist nicht bekannt',
    '{app} verlangt eine Angabe über Ihr Gerät, die nicht vorliegt: {attribute:attribute}.',
    '{app} lässt sich nur von einem bekannten Gerät aus nutzen. Ihres ist nicht bekannt.',
    'Dieser Bereich lässt sich nur von einem bekannten Gerät aus nutzen. Ihres ist nicht bekannt.',
  ],
  network_not_allowed: [
    'Nicht aus diesem Netz',
    '{app} ist nur aus diesen Netzen erreichbar: {networks}.',
    '{app} ist aus Ihrem jetzigen Netz nicht erreichbar.',
    'Dieser Bereich ist aus Ihrem jetzigen Netz nicht erreichbar.',
  ],
  network_unknown: [
    'Ihr Netz lässt sich nicht feststellen',
    '{app} ist nur aus bestimmten Netzen erreichbar, und ein vorgeschalteter Proxy hat nicht angegeben, woher Sie kommen.',
    'Dieser Bereich ist nur aus bestimmten Netzen erreichbar, und ein vorgeschalteter Proxy hat nicht angegeben, woher Sie kommen.',
  ],
  country_not_allowed: [
    'Nicht aus diesem Land',
    '{app} ist aus dem Land, aus dem Ihre Verbindung kommt, nicht erreichbar.',
    'Dieser Bereich ist aus dem Land, aus dem Ihre Verbindung kommt, nicht erreichbar.',
  ],
  outside_schedule: [
    'Außerhalb der erlaubten Zeiten',
    'Sie dürfen {app} nur zu bestimmten Zeiten nutzen. Das nächste Zeitfenster beginnt am {opens:moment}.',
    'Sie dürfen {app} nur zu bestimmten Zeiten nutzen, zurzeit jedoch nicht.',
    'Dieser Bereich ist nur zu bestimmten Zeiten zugänglich, zurzeit jedoch nicht.',
  ],
  download_limit: [
    'Download-Grenze erreicht',
    'Sie haben die Datenmenge erreicht, die Sie aus {app} herunterladen dürfen.',
    'Sie haben die Datenmenge erreicht, die Sie herunterladen dürfen.',
  ],
  no_rule_matched: [
    'Kein Zugang',
    'Keine Regel erlaubt Ihnen, {app} auf diese Weise zu nutzen.',
    'Keine Regel erlaubt diesen Zugang.',
  ],
  mfa_required: [
    'Zweiter Faktor nötig',
    '{app} verlangt einen zweiten Faktor, zum Beispiel einen Code oder einen Sicherheitsschlüssel.',
    'Ein zweiter Faktor ist nötig, zum Beispiel ein Code oder ein Sicherheitsschlüssel.',
  ],
  mfa_too_weak: [
    'Stärkerer zweiter Faktor nötig',
    '{app} verlangt einen Faktor, der gegen Phishing schützt, etwa einen Passkey oder einen Sicherheitsschlüssel.',
    'Ein Faktor ist nötig, der gegen Phishing schützt, etwa ein Passkey oder ein Sicherheitsschlüssel.',
  ],
  mfa_too_old: [
    'Bitte bestätigen Sie Ihre Identität',
    '{app} verlangt eine aktuelle Bestätigung Ihrer Identität. Höchstalter: {max_age:duration}.',
    'Die letzte Bestätigung Ihrer Identität liegt zu lange zurück.',
  ],
}
