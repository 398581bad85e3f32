// Reserved and hop-by-hop header names: forwarding, identity, posture and override fields a client must not set.

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
  // Identity: the presets, and headers of other proxies that applications may trust.
  'remote-',
  'x-remote-',
  'x-auth-request-',
  'x-authenticated-',
  'x-pomerium-',
  'x-goog-authenticated-user-',
  'x-goog-iap-',
  'x-webauth-',
  'x-authentik-',
  'x-vouch-',
  'x-amzn-oidc-',
  'x-ms-client-principal',
  'x-ms-token-',
  'x-appengine-user-',
  'oidc-',
  // Devices and client certificates.
  'x-device-',
  'device-posture',
  'client-cert',
  'x-client-cert',
  'ssl-client-',
  'x-ssl-',
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
  'x-host',
  'x-http-host-override',
  'x-scheme',
  'x-url-scheme',
  'front-end-https',
  'x-request-id',
  'traceparent',
  'proxy',
  'x-user',
  'x-email',
  'x-groups',
  'x-token-subject',
  // Method override: policy would evaluate GET while the application executes DELETE.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]

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
