// Escapes control, bidirectional and zero-width characters in a line of JSON (log injection, terminal escapes, CVE-2021-42574).

/**
 * Escapes characters that `JSON.stringify` keeps but a terminal, a pager or a log parser may act on: DEL and the C1
 * controls (ANSI CSI is U+009B), soft hyphen and Arabic letter mark, zero-width characters and the bidirectional
 * controls (CVE-2021-42574), the line and paragraph separators, interlinear marks, the byte order mark and tag
 * characters. All of these occur in JSON only inside strings, so the meaning is unchanged.
 */
export function escapeControlCharacters(json: string): string {
  return json.search(unprintable) === -1 ? json : json.replace(unprintableAll, escape)
}

const ranges =
  '[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff\\ufff0-\\ufffb]|\\udb40[\\udc00-\\udfff]'
const unprintable = new RegExp(ranges)
const unprintableAll = new RegExp(ranges, 'g')

function escape(characters: string): string {
  let escaped = ''
  for (let i = 0; i < characters.length; i++) {
    escaped += `\\u${characters.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return escaped
}
