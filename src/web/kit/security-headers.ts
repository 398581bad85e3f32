// Security headers of every built-in page: CSP, HSTS, framing, referrer, COOP/CORP and Permissions-Policy.

import { inlineStyle } from './assets.ts'
import type { InlineScript } from './inline-scripts.ts'

/** What a page needs beyond the policy of every page. */
export interface PagePolicy {
  /** Further origins of images, from the configuration, which contain no blank and no semicolon. */
  readonly images?: readonly string[]
  readonly script?: InlineScript
  /** The font of the stylesheet. */
  readonly fonts?: true
  /** CSP hash source of an inline style other than that without an organisation. */
  readonly style?: string
  /** A frame with another page of ours. */
  readonly frames?: true
  /**
   * The only form of the page is sent by its script. Chromium applies `form-action` to every redirect of a form: the answer of
   * an application to a form that was sent again may lead to any other origin.
   */
  readonly formsAnywhere?: true
  /** Asks for a passkey (WebAuthn 10.5, Permissions-Policy). */
  readonly passkeys?: true
}

/**
 * CSP: no scripts, only the gateway's own style and images, no framing, forms only to the same origin. A form therefore
 * never redirects to an identity provider (Chromium applies `form-action` to redirects): see `redirect-page.ts`.
 */
export const contentSecurityPolicy = policyOf({}, [])
/** The same with the font of our pages. */
export const pageSecurityPolicy = policyOf({ fonts: true }, [])

function policyOf(
  { images = [], script, fonts, style = inlineStyle.hash, frames, formsAnywhere }: PagePolicy,
  embedders: readonly string[],
): string {
  return [
    "default-src 'none'",
    ...(script ? [`script-src ${script.hash}`] : []),
    `style-src 'self' ${style}`,
    ...(fonts ? ["font-src 'self'"] : []),
    `img-src ${["'self'", ...images].join(' ')}`,
    ...(frames ? ["frame-src 'self'"] : []),
    ...(formsAnywhere ? [] : ["form-action 'self'"]),
    `frame-ancestors ${embedders.length === 0 ? "'none'" : embedders.join(' ')}`,
    "base-uri 'none'",
  ].join('; ')
}

interface Answered {
  readonly scheme: 'http' | 'https'
  /** Value of Strict-Transport-Security (`gateway.hsts`); '' none. */
  readonly hsts?: string | undefined
  readonly frame?: { readonly embedders: readonly string[] } | undefined
}

/** Flat: name, value, ... `same-origin` and not `no-referrer`: the latter turns the Origin of our own forms into `null`. */
export function securityHeaders(
  { scheme, hsts = defaultHsts, frame }: Answered,
  policy: PagePolicy = {},
): readonly string[] {
  const embedders = frame?.embedders ?? []
  const plain = embedders.length === 0 && Object.keys(policy).length === 0
  const headers = plain
    ? always
    : [
        'Content-Security-Policy',
        policyOf(policy, embedders),
        ...framing(embedders),
        ...(policy.passkeys ? withPasskeys : fixed),
      ]
  // RFC 6797 7.2: never over plain http.
  return scheme === 'https' && hsts !== '' ? [...headers, 'Strict-Transport-Security', hsts] : headers
}

/** RFC 7034 knows no list of origins; a browser that has `frame-ancestors` ignores the field (CSP3 section 6.4.2.3). */
function framing(embedders: readonly string[]): readonly string[] {
  return embedders.length === 0 ? ['X-Frame-Options', 'DENY'] : []
}

const defaultHsts = 'max-age=31536000'

const fixed: readonly string[] = [
  'Referrer-Policy',
  'same-origin',
  'X-Content-Type-Options',
  'nosniff',
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

const withPasskeys = fixed.map((text) =>
  text.replace('publickey-credentials-get=()', 'publickey-credentials-get=(self)'),
)

const always: readonly string[] = ['Content-Security-Policy', contentSecurityPolicy, ...framing([]), ...fixed]
