// Whether two compact JWTs are one.

/** Base64 may be written in more than one way (RFC 4648 section 3.5); what was signed may not. */
export function sameToken(one: string, other: string): boolean {
  const parts = (token: string): [string, string] => [
    token.slice(0, token.lastIndexOf('.')),
    Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url').toString('hex'),
  ]
  return parts(one).join() === parts(other).join()
}
