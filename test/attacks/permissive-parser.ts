// Most permissive path parser: undoes every encoding and rewriting that any server might undo.

/** Whether some server would map this target to `/admin` or below. Case-sensitive, like the rules. */
export function readsAsProtectedPath(target: string): boolean {
  const path = target.split('?')[0]!
  return readings(path).some((reading) => /^\/admin(\/|$)/.test(resolved(reading)))
}

/** Paths that some server would take this target for. */
export function readAs(target: string): readonly string[] {
  return readings(target.split('?')[0]!).map(resolved)
}

function readings(path: string): string[] {
  const all = [path]
  for (let depth = 0; depth < 3; depth++) all.push(decoded(all.at(-1)!))
  return all.flatMap((one) => [one, one.split('#')[0]!, one.split('?')[0]!])
}

function decoded(text: string): string {
  const bytes = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8').normalize('NFKC')
}

function resolved(path: string): string {
  const segments: string[] = []
  for (const part of path.replaceAll('\\', '/').split('/')) {
    const segment = part
      .split(';')[0]!
      .replaceAll(/[\x00-\x20]/g, '')
      .replace(/(?<=[^.])\.+$/, '')
    if (segment === '' || segment === '.') continue
    if (segment === '..') segments.pop()
    else segments.push(segment)
  }
  return `/${segments.join('/')}`
}
