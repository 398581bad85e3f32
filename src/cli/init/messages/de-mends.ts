// German: what to do about a provider that cannot be asked, or a sign-in that failed. English: failure-mends.ts.

import type { ProviderFailureCause } from '../../../identity/oidc/provider-failure.ts'
import type { SignInErrorCode } from '../../../identity/oidc/sign-in-error.ts'

export const mends: Readonly<Record<ProviderFailureCause, string> & Partial<Record<SignInErrorCode, string>>> = {
  name_not_resolved: 'der Name im Issuer ist nicht auflösbar: Schreibweise und DNS dieses Rechners prüfen',
  connection_refused: 'an der Adresse hört nichts zu: Issuer prüfen, und ob der Anbieter läuft',
  no_connection: 'keine Verbindung: Firewalls und Routen prüfen; wo nur ein Proxy hinausführt, HTTPS_PROXY setzen',
  connection_closed:
    'der Anbieter oder etwas dazwischen hat die Verbindung beendet: Protokolle, Proxys und Firewalls ansehen',
  no_answer: 'der Anbieter nimmt die Verbindung an und antwortet nicht: seine Last und sein Protokoll ansehen',
  tls_unknown_ca: 'das Zertifikat ist von keiner öffentlichen Stelle: ihre PEM-Datei nennen (--provider-ca)',
  tls_certificate_expired:
    'das Zertifikat des Anbieters ist abgelaufen oder noch nicht gültig: erneuern, und die Uhr dieses Rechners prüfen',
  tls_other_name: 'das Zertifikat des Anbieters gilt für einen anderen Namen: Issuer prüfen',
  tls_failed: 'TLS kommt nicht zustande: spricht der Port des Issuers TLS 1.2 oder neuer?',
  address_refused: 'der Name führt zu einer besonderen Adresse (link-local, Metadaten): Issuer und DNS prüfen',
  plain_http: 'ein Endpunkt hat eine http-Adresse: beim Anbieter die https-Adresse eintragen',
  status: 'der Anbieter antwortet mit einem Fehler: den Pfad des Issuers prüfen, und sein Protokoll',
  not_json:
    'die Antwort ist kein JSON, oft die Seite eines Proxys: den Pfad des Issuers prüfen, und was dazwischen steht',
  unacceptable_answer: 'die Antwort ist kodiert, zu groß oder leer: prüfen, was dazwischen steht',
  issuer_mismatch: 'den Issuer genau so schreiben, wie der Anbieter ihn nennt',
  metadata_incomplete: 'dem Discovery-Dokument fehlt etwas Nötiges: den Pfad des Issuers prüfen',
  not_asked: 'eine frühere Anfrage blieb ohne Antwort; in einigen Sekunden wird wieder gefragt',
  unknown: 'das Netz von diesem Rechner zum Anbieter prüfen',
  provider_error: 'den Fehler beim Anbieter nachschlagen; sein Protokoll hat die Anfrage',
  provider_refused: 'den Fehler beim Anbieter nachschlagen; sein Protokoll hat die Anfrage',
  scope_refused: 'diese Scopes beim Anbieter erlauben, oder weniger anfordern',
  cancelled: 'die Anmeldung wurde beim Anbieter abgebrochen',
  client_rejected: 'Client-ID und Secret mit denen beim Anbieter vergleichen',
  account_not_allowed: 'ein Konto der eigenen Organisation wählen',
  token_invalid: 'die genannte Prüfung ist gescheitert: Issuer und Client-ID vergleichen',
  clock_skew: 'die Uhren stellen: NTP auf diesem Rechner (`timedatectl`) und beim Anbieter',
  signing_key_unknown:
    'der Schlüsselsatz des Anbieters enthält den Schlüssel nicht, meist wegen eines Zwischenspeichers',
  response_invalid: 'die Adresse des Rücksprungs wurde unterwegs verändert: noch einmal versuchen',
}
