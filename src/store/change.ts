// Change events (CAEP-like) that can affect open connections and caches. Announced after the write, never before.

export type Change =
  /** Ended: signed out, revoked, expired, refused by the provider. */
  | { readonly kind: 'session_ended'; readonly session: string; readonly reason: string }
  /** New claims or stronger authentication: reread it. */
  | { readonly kind: 'session_changed'; readonly session: string }
  /** A run-time grant was created, extended or revoked. */
  | { readonly kind: 'grant_changed'; readonly grant: string }
  /** An access request was created, decided or closed: no open connection depends on it, only on the resulting grant. */
  | { readonly kind: 'request_changed'; readonly request: string }
  /** The posture of a device changed. */
  | { readonly kind: 'device_changed'; readonly device: string }
  /** Certificate, challenge or last failure of a host of `gateway.acme`: no access depends on it. */
  | { readonly kind: 'certificate_changed'; readonly certificate: string }
