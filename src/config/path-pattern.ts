// Path patterns of the configuration, spelled as canonical paths are: `/Übersicht/*` is `/%C3%9Cbersicht/*`.

/** Printable ASCII that stays encoded: decoded it would mean something else, in a canonical path or (`*`) in a pattern. */
const keptEncoded = '/;?#%*'

/**
 * A canonical path has printable ASCII as it is and everything else percent-encoded in UTF-8, in capital letters
 * (`gateway/canonical/request-target.ts`). Written otherwise, a pattern would never match, and a deny never deny.
 */
export function canonicalPattern(written: string): string {
  const encoded = written.replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()))
  return encoded.replace(/%([0-9A-Fa-f]{2})/g, (escape, hex: string) => {
    const byte = Number.parseInt(hex, 16)
    const character = String.fromCharCode(byte)
    return byte > 0x20 && byte < 0x7f && !keptEncoded.includes(character) ? character : escape.toUpperCase()
  })
}
