// Compares two compact JWTs for equality, tolerating equivalent base64url encodings.

/** Base64 has more than one encoding of the same bytes (RFC 4648 section 3.5); the signed part must be identical. */
export function isSameToken(one: string, other: string): boolean {
  const parts = (token: string): [string, string] => [
    token.slice(0, token.lastIndexOf('.')),
    Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url').toString('hex'),
  ]
  return parts(one).join() === parts(other).join()
}
