// What a listener asks of the certificates that the gateway orders itself: by host name, and those that prove a challenge.

/** PEM. The same object as long as nothing changed. */
export interface KeyPair {
  /** The certificate, then its intermediates. */
  readonly cert: string
  readonly key: string
}

/** All names in lower case. No method waits or throws. */
export interface IssuedCertificates {
  /** `missing`: ordered, but there is none yet. Undefined: no name of ours. */
  certificateFor(name: string): KeyPair | 'missing' | undefined
  /** A handshake of some authority may come: one for each name whose challenge is pending. */
  isProving(): boolean
  /** The certificate that answers a pending challenge of tls-alpn-01 (RFC 8737 3). */
  proofFor(name: string): KeyPair | undefined
}
