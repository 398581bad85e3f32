// Request target inside a URL that a browser follows, as in Location and links.

/**
 * Octets that clients send in queries, but a browser would read as something else in a URL, become percent-encoded: `#`
 * begins a fragment, and characters above ASCII would be encoded as UTF-8 instead of the bytes received.
 */
export function browserTarget(target: string): string {
  return target.replace(/["#<>\\\x80-\xff]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
}
