// Lax readings of a path, by servers that decode until nothing is left and fold look-alike characters.

/** Decoding passes; each also undoes any number of nested `%25`. */
const maxPasses = 4

/**
 * Readings of a path with all escapes decoded, `\` as `/`, and look-alikes folded into ASCII. Two where overlong UTF-8
 * is decoded by some and dropped by others. None when escapes are nested deeper than `maxPasses`. Bytes above ASCII stay
 * as latin1, and characters beyond as they are.
 */
export function laxReadings(path: string): readonly string[] {
  const text = decodeAll(path)
  if (text === undefined) return []
  if (!/[\x80-\xff]/.test(text)) return [slashes(text)]
  const readings = [foldBytes(text.replace(overlong, asciiOf))]
  if (text.replace(overlong, '') !== text) readings.push(foldBytes(text))
  // A folded percent sign begins another escape.
  return readings.map((reading) => slashes(decodeAll(reading) ?? '\0'))
}

function slashes(text: string): string {
  return text.replaceAll('\\', '/')
}

function decodeAll(path: string): string | undefined {
  let text = path
  for (let pass = 0; pass < maxPasses; pass++) {
    const next = text
      .replace(/%(?:25)+/g, '%')
      .replace(/%u([0-9A-Fa-f]{4})/gi, (_all, hex: string) => bytesOf(Number.parseInt(hex, 16)))
      .replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (next === text) return text
    text = next
  }
  return undefined
}

/** UTF-8 of a UTF-16 code unit, one character for each byte. */
function bytesOf(code: number): string {
  if (code < 0x80) return String.fromCharCode(code)
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
  return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
}

/** ASCII in more bytes than it needs (RFC 3629 section 10). */
const overlong =
  /(?:[\xc0\xc1]|\xe0[\x80\x81]|\xf0\x80[\x80\x81]|\xf8\x80\x80[\x80\x81]|\xfc\x80\x80\x80[\x80\x81])[\x80-\xbf]/g

function asciiOf(bytes: string): string {
  const high = bytes.charCodeAt(bytes.length - 2) & 1
  return String.fromCharCode((high << 6) | (bytes.charCodeAt(bytes.length - 1) & 0x3f))
}

/** A character of UTF-8 (RFC 3629 section 4), else a single byte. */
const character =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g

/** Look-alikes become the ASCII characters they stand for; invisible characters and invalid bytes are dropped. */
function foldBytes(bytes: string): string {
  return bytes.replace(character, (one) => (one.length === 1 ? '' : (folded.get(one) ?? fullWidth(one))))
}

/** U+FF01 to U+FF5E as ASCII; others as they are. */
function fullWidth(bytes: string): string {
  if (bytes.length !== 3 || bytes[0] !== '\xef') return bytes
  const code = 0xf000 | ((bytes.charCodeAt(1) & 0x3f) << 6) | (bytes.charCodeAt(2) & 0x3f)
  return code > 0xff00 && code < 0xff5f ? String.fromCharCode(code - 0xfee0) : bytes
}

/** By code point: dot leaders and ellipsis, other slashes and backslashes. */
const lookAlikes: readonly (readonly [number, string])[] = [
  [0x2024, '.'],
  [0x2025, '..'],
  [0x2026, '...'],
  [0x2044, '/'],
  [0x2215, '/'],
  [0x29f8, '/'],
  [0x2216, '/'],
  [0x29f5, '/'],
]
/** Ranges of code points: soft hyphen, zero-width characters, directional marks and isolates, byte order mark. */
const invisible: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
]
const folded: ReadonlyMap<string, string> = new Map([
  ...lookAlikes.map(([code, ascii]) => [bytesOf(code), ascii] as const),
  ...invisible.flatMap(([from, to]) =>
    Array.from({ length: to - from + 1 }, (_, index) => [bytesOf(from + index), ''] as const),
  ),
])
