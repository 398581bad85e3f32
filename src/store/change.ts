// What can change behind an open connection's back. Announced after it was written, never before.

export type Change =
  /** Ended: signed out, revoked, expired, refused by the provider. */
  | { readonly kind: 'session_ended'; readonly session: string; readonly reason: string }
  /** New claims or stronger authentication: read it again. */
  | { readonly kind: 'session_changed'; readonly session: string }
  /** A run-time grant was given, extended or revoked. */
  | { readonly kind: 'grant_changed'; readonly grant: string }
  /** A request for access was asked, decided or closed: nothing open rests on it, only what comes of it. */
  | { readonly kind: 'request_changed'; readonly request: string }
  /** A device's posture is another one now. */
  | { readonly kind: 'device_changed'; readonly device: string }
