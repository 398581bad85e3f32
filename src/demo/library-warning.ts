// Holds back one line `oidc-provider` prints while it is being loaded; must be imported before it.

const original = console.warn

// It asks for a release marked LTS, and a release of Node younger than that mark is none; we pin one exact version and test on it.
console.warn = (...words: unknown[]) => {
  if (!String(words[0]).includes('oidc-provider WARNING: Unsupported runtime')) original(...words)
}

/** Called when the library is loaded. */
export function unmute(): void {
  console.warn = original
}
