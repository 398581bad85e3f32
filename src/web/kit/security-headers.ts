// Security headers of every built-in page: CSP, HSTS, framing, referrer, COOP/CORP and Permissions-Policy.

import { styleHash } from './assets.ts'

/**
 * CSP: no scripts, only the gateway's own style and images, no framing, forms only to the same origin. A form therefore
 * never redirects to an identity provider (Chromium applies `form-action` to redirects): see `redirect-page.ts`.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'self' ${styleHash}`,
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

interface Transport {
  readonly scheme: 'http' | 'https'
  /** Value of Strict-Transport-Security (`gateway.hsts`); '' none. */
  readonly hsts?: string | undefined
}

/**
 * Flat: name, value, ... `same-origin` and not `no-referrer`: the latter turns the Origin of our own forms into `null`.
 * `images`: further origins of images, from the configuration, which contain no blank and no semicolon.
 */
export function securityHeaders(
  { scheme, hsts = defaultHsts }: Transport,
  images: readonly string[] = [],
): readonly string[] {
  const headers =
    images.length === 0 ? always : always.map((text) => (text === contentSecurityPolicy ? policyWith(images) : text))
  // RFC 6797 7.2: never over plain http.
  return scheme === 'https' && hsts !== '' ? [...headers, 'Strict-Transport-Security', hsts] : headers
}

function policyWith(images: readonly string[]): string {
  return contentSecurityPolicy.replace("img-src 'self'", `img-src 'self' ${images.join(' ')}`)
}

const defaultHsts = 'max-age=31536000'

const always: readonly string[] = [
  'Content-Security-Policy',
  contentSecurityPolicy,
  'Referrer-Policy',
  'same-origin',
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  'Cross-Origin-Opener-Policy',
  'same-origin',
  'Cross-Origin-Resource-Policy',
  'same-origin',
  'Permissions-Policy',
  [
    'accelerometer',
    'camera',
    'clipboard-read',
    'display-capture',
    'geolocation',
    'gyroscope',
    'hid',
    'microphone',
    'midi',
    'payment',
    'publickey-credentials-get',
    'serial',
    'usb',
  ]
    .map((feature) => `${feature}=()`)
    .join(', '),
  'X-Robots-Tag',
  'noindex, nofollow',
]
