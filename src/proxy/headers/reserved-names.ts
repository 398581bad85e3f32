// The header names no client may set: forwarding, identity, posture and override fields, and those of a single hop.

/**
 * One spelling for all: applications behind CGI, WSGI, Rack or PHP cannot tell `X-Forwarded-User` from
 * `x_forwarded.user`, so neither do we. Any character that is not a letter or digit counts as a hyphen.
 */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** RFC 9110 7.6.1, and their historical companions; `te` and `connection` are looked at on their own. */
export const hopByHop: readonly string[] = [
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'trailer',
  'proxy-connection',
]

/** Everything that starts like this is ours to say, or nobody's. */
export const reservedPrefixes: readonly string[] = [
  'x-einlass-',
  // Who forwarded, and for whom.
  'x-forwarded-',
  'x-original-',
  'x-rewrite-',
  'x-envoy-',
  'cf-',
  'proxy-',
  // Identity: our presets, and what other proxies' users have taught their applications to believe.
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
  // A rule that lets somebody read would otherwise be asked about GET while the application does DELETE.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]

/** Said to every recipient: naming them in `Connection` does not remove them (RFC 9110 7.6.1). */
export function isEndToEnd(name: string): boolean {
  return (
    name === 'host' ||
    name === 'cookie' ||
    name === 'authorization' ||
    name === 'origin' ||
    /^(content|sec)-/.test(name)
  )
}
