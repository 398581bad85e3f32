// Escapes text for HTML against XSS, and replaces unprintable characters with U+FFFD.

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

// Control characters and U+2028/9 have no meaning in our documents, unpaired surrogates are not valid UTF-8, and
// bidirectional overrides disguise text (CVE-2021-42574): the replacement character makes each of them visible.
const unprintable =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g

/** For text and quoted attributes of HTML. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replace(unprintable, '\ufffd')
    .replace(/[&<>"'`]/g, (character) => entities[character]!)
}
