// Suppresses a warning that `oidc-provider` prints while loading; must be imported before it.

const original = console.warn

// The warning is about Node releases not yet marked LTS; the project pins and tests one exact release.
console.warn = (...args: unknown[]) => {
  if (!String(args[0]).includes('oidc-provider WARNING: Unsupported runtime')) original(...args)
}

/** Restores `console.warn`; called after the library is loaded. */
export function unmute(): void {
  console.warn = original
}
