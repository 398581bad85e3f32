// Collects a request head beyond the usual size, line by line: cookies beyond their limit are counted and left out.

import { cookieAllowance, type HeadLimits } from '../../head-limits.ts'

export type LargeHead =
  | { readonly state: 'incomplete' }
  /** `head`: with its empty line. `end`: offset in the bytes read last. `omitted`: bytes of Cookie lines not in `head`. */
  | { readonly state: 'complete'; readonly head: Buffer; readonly end: number; readonly omitted: number }
  | { readonly state: 'too_large' }

/** A browser sends its cookies whatever their size, so that it must be answered; no other client needs so large a head. */
export interface LargeHeadReader {
  /** Takes time and memory in proportion to the bytes, however they are split. */
  read(bytes: Buffer): LargeHead
}

const lineFeed = 10
const cookieName = /^cookie[\t ]*:/i
/** Bytes of a line that tell whether it is a Cookie field. */
const prefixLength = 16
/** Bytes per field line besides name and value: colon, space, CR, LF. */
const fieldOverhead = 4

export function createLargeHeadReader(limits: HeadLimits): LargeHeadReader {
  const maxOther = limits.headerBytes + fieldOverhead * limits.headerCount
  const lines: { readonly bytes: Buffer; readonly cookie: boolean }[] = []
  let other = 0
  let cookies = 0
  /** Begin of the current line until it is long enough to tell its kind. */
  let begin: Buffer | undefined = Buffer.alloc(0)
  let inCookie = false

  const keep = (bytes: Buffer): void => {
    if (!inCookie) other += bytes.length
    else cookies += bytes.length
    if (inCookie && cookies > limits.headerBytes) return
    lines.push({ bytes, cookie: inCookie })
  }

  return {
    read(bytes) {
      let at = 0
      while (at < bytes.length) {
        const feed = bytes.indexOf(lineFeed, at)
        const end = feed < 0 ? bytes.length : feed + 1
        let piece = bytes.subarray(at, end)
        at = end
        if (begin !== undefined) {
          piece = begin.length === 0 ? piece : Buffer.concat([begin, piece])
          if (feed < 0 && piece.length < prefixLength) {
            begin = piece
            break
          }
          inCookie = cookieName.test(piece.toString('latin1', 0, prefixLength))
        }
        const whole = begin !== undefined && feed >= 0
        begin = feed < 0 ? undefined : Buffer.alloc(0)
        keep(piece)
        if (other > maxOther || cookies > cookieAllowance) return { state: 'too_large' }
        if (!whole || piece.length > 2 || piece[0] !== 13) continue
        const fits = cookies <= limits.headerBytes
        const kept = fits ? lines : lines.filter(({ cookie }) => !cookie)
        return {
          state: 'complete',
          head: Buffer.concat(kept.map((line) => line.bytes)),
          end: at,
          omitted: fits ? 0 : cookies,
        }
      }
      return { state: 'incomplete' }
    },
  }
}
