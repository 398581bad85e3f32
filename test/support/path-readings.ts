// How servers read a path: single steps as known of real ones, and all readings by combinations of them. Tests only.

/** Each is one thing that some server, proxy, framework or file system does. */
export const steps: Readonly<Record<string, (path: string) => string>> = {
  decode: (path) =>
    path.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  // IIS
  decodeUnicode: (path) => path.replace(/%u([0-9A-Fa-f]{4})/g, (_all, hex: string) => utf8(Number.parseInt(hex, 16))),
  // IIS, Windows
  backslashes: (path) => path.replaceAll('\\', '/'),
  // Tomcat, Jetty, Undertow
  parameters: (path) => path.replace(/;[^/]*/g, ''),
  // A rewriting proxy that decodes before it parses
  query: (path) => path.replace(/\?[^]*$/, ''),
  fragment: (path) => path.replace(/#[^]*$/, ''),
  terminator: (path) => path.replace(/\0[^]*$/, ''),
  // nginx, Apache
  slashes: (path) => path.replace(/\/+/g, '/'),
  // Windows
  trailing: (path) => path.replace(/[. ]+(?=\/|$)/g, (dots) => (/^\.{1,2}$/.test(dots) ? dots : '')),
  leading: (path) => path.replace(/\/ +/g, '/'),
  streams: (path) => path.replace(/:(?::\$|\$)[^/]*/g, ''),
  // Decoders that take overlong UTF-8 (CVE-2000-0884, CVE-2008-2938)
  overlong: (path) =>
    path.replace(/(?:[\xc0\xc1]|\xe0[\x80\x81]|\xf0\x80[\x80\x81])[\x80-\xbf]/g, (all) =>
      String.fromCharCode(((all.charCodeAt(all.length - 2) & 1) << 6) | (all.charCodeAt(all.length - 1) & 0x3f)),
    ),
  // Decoders that ignore what is no UTF-8
  invalid: (path) => latin1(Buffer.from(new TextDecoder('utf-8').decode(bytes(path)).replaceAll('\ufffd', ''))),
  // Best-fit conversion, NFKC
  compatible: (path) => latin1(Buffer.from(text(path).normalize('NFKC').replace(/[⁄∕⧸]/g, '/').replace(/[∖⧵]/g, '\\'))),
  // HFS+
  invisible: (path) =>
    latin1(Buffer.from(text(path).replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, ''))),
  // RFC 3986 5.2.4
  dots: (path) => resolve(path).path,
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1')
}

function text(path: string): string {
  return bytes(path).toString('utf8')
}

function latin1(octets: Buffer): string {
  return octets.toString('latin1')
}

function utf8(code: number): string {
  return latin1(Buffer.from(String.fromCharCode(code)))
}

/** `climbs`: a dot segment left the root. */
export function resolve(path: string): { readonly path: string; readonly climbs: boolean } {
  const out: string[] = []
  let climbs = false
  const segments = path.split('/').slice(1)
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1
    if (segment === '..') {
      climbs ||= out.filter((one) => one !== '').length === 0
      out.pop()
    }
    if (segment !== '..' && segment !== '.') out.push(segment)
    else if (last) out.push('')
  })
  return { path: `/${out.join('/')}`, climbs }
}

/** What a server makes of a path that does these steps, after one decoding as every server does. */
export function readingOf(path: string, names: readonly string[]): string {
  return names.reduce((read, name) => steps[name]!(read), steps.decode!(path))
}

export const stepNames: readonly string[] = Object.keys(steps)

/** Readings by every step alone, every pair, and all steps in turn twice. */
export function usualReadings(path: string): readonly string[] {
  const combinations = [
    [],
    ...stepNames.map((one) => [one]),
    ...stepNames.flatMap((one) => stepNames.map((other) => [one, other])),
    ...stepNames.map((one) => ['decode', 'decode', 'overlong', 'compatible', 'backslashes', one, 'slashes', 'dots']),
  ]
  return [...new Set(combinations.map((names) => readingOf(path, names)))]
}
