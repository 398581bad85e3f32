// Removes the `engines` of packages from package-lock.json: they run on the bundled Node 26, but npm would compare them
// with the system's Node and warn about each.

interface Lock {
  readonly packages: Readonly<Record<string, { engines?: unknown }>>
}

/** Returns `text` with only the project's own `engines`, which states what the launcher needs. */
export function withoutEngines(text: string): string {
  const lock = JSON.parse(text) as Lock
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path !== '') delete entry.engines
  }
  return `${JSON.stringify(lock, undefined, 2)}\n`
}
