// package-lock.json without the Node versions that packages ask for: they run on the Node 26 that comes with them, and
// npm would compare with the system's and warn of each.

interface Lock {
  readonly packages: Readonly<Record<string, { engines?: unknown }>>
}

/** `text` with the `engines` of the project alone, which tells what the launcher needs. */
export function withoutEngines(text: string): string {
  const lock = JSON.parse(text) as Lock
  for (const [path, one] of Object.entries(lock.packages)) {
    if (path !== '') delete one.engines
  }
  return `${JSON.stringify(lock, undefined, 2)}\n`
}
