// Escapes text for HTML: what is markup becomes text, what is not printable becomes visible.

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

// Control characters have no meaning in text, U+2028/9 and unpaired surrogates none in UTF-8 documents of ours, and the
// direction overrides let one text pose as another (CVE-2021-42574): the replacement character shows that there was one.
const unprintable =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g

/** For text and quoted attributes of HTML. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replace(unprintable, '\ufffd')
    .replace(/[&<>"'`]/g, (character) => entities[character]!)
}
