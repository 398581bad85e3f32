// Limits of a request head. Cookies have one of their own: other hosts of the parent domain can set them.

import type { LimitSettings } from '../config/configuration.ts'

/** `headerBytes` limits target and fields without Cookie, and Cookie by itself. */
export type HeadLimits = Pick<LimitSettings, 'headerCount' | 'headerBytes'>

/**
 * Bytes of Cookie fields that a server still reads, so that the browser gets a page instead of a broken connection. Chromium
 * and Firefox send at most 180 cookies of 4 KiB for a registrable domain.
 */
export const cookieAllowance = 1024 * 1024
/** HTTP/2 may send each cookie as a field of its own (RFC 9113 8.2.3). */
export const cookieFields = 256
