// Reserved and hop-by-hop header names: forwarding, preset, posture and override fields that no app can keep.

/**
 * Normalizes a name as CGI, WSGI, Rack and PHP do, which cannot distinguish `X-Forwarded-User` from
 * `x_forwarded.user`: lower-case, any character that is not a letter or digit becomes a hyphen.
 */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** Hop-by-hop fields (RFC 9110 7.6.1) and historical ones; `te` and `connection` are handled separately. */
export const hopByHop: readonly string[] = [
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'trailer',
  'proxy-connection',
]

/** Prefixes of fields that only the gateway may set; a client's are removed. */
export const reservedPrefixes: readonly string[] = [
  'x-einlass-',
  // Forwarding and URL rewriting.
  'x-forwarded-',
  'x-original-',
  'x-rewrite-',
  'x-envoy-',
  'cf-',
  'proxy-',
  // Identity: the presets.
  'remote-',
  'x-auth-request-',
  'x-pomerium-',
  'x-goog-authenticated-user-',
  'x-goog-iap-',
  // Posture and client certificates.
  'device-posture',
  'client-cert',
  'x-client-cert',
]

export const reservedNames: readonly string[] = [
  'forwarded',
  'x-forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'fastly-client-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'fly-client-ip',
  'x-nf-client-connection-ip',
  'x-vercel-forwarded-for',
  'incap-client-ip',
  'x-sucuri-clientip',
  'x-proxyuser-ip',
  'client-ip',
  'x-host',
  'x-http-host-override',
  'x-scheme',
  'x-url-scheme',
  'front-end-https',
  'x-request-id',
  'traceparent',
  'proxy',
  // Method override: policy would evaluate GET while the application executes DELETE.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]

/** Never forwarded from a client, whatever an app says: `name` by itself, in any spelling. */
export function isReserved(name: string): boolean {
  const plain = normalizeName(name)
  return (
    reservedNames.includes(plain) ||
    hopByHop.includes(plain) ||
    generated.has(plain) ||
    reservedPrefixes.some((prefix) => plain.startsWith(prefix))
  )
}

/** Written anew for each request, so that neither keeping nor removing the client's means anything. */
const generated = new Set(['host', 'connection', 'te', 'content-length', 'expect', 'tracestate'])

/** End-to-end fields: listing them in `Connection` does not remove them (RFC 9110 7.6.1). */
export function isEndToEnd(name: string): boolean {
  return (
    name === 'host' ||
    name === 'cookie' ||
    name === 'authorization' ||
    name === 'origin' ||
    /^(content|sec)-/.test(name)
  )
}
