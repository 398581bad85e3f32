// Reads the text part of a received mail: transfer encoding and encoded words of its subject decoded.

import type { ReceivedMail } from './smtp-server.ts'

/** Plain text of a mail of the gateway. */
export function mailText({ raw }: ReceivedMail): string {
  const part = /\nContent-Type: text\/plain[^\n]*(?:\n[ \t][^\n]*)*\n((?:[^\n]+\n)*)\n([^]*?)\n--/i.exec(raw)
  const [, head = '', body = raw] = part ?? []
  if (/quoted-printable/i.test(head)) return quotedPrintable(body)
  return /base64/i.test(head) ? Buffer.from(body, 'base64').toString('utf8') : body
}

/** Subject with encoded words (RFC 2047) decoded. */
export function mailSubject({ raw }: ReceivedMail): string {
  const unfolded = /^Subject: ([^]*?)\n(?![ \t])/m.exec(raw)?.[1]?.replaceAll(/\n[ \t]+/g, ' ') ?? ''
  const joined = unfolded.replaceAll(/\?= +=\?/g, '?==?')
  return joined.replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_word, kind: string, text: string) =>
    kind.toLowerCase() === 'b'
      ? Buffer.from(text, 'base64').toString('utf8')
      : quotedPrintable(text.replaceAll('_', ' ')),
  )
}

function quotedPrintable(text: string): string {
  const bytes = text
    .replaceAll(/=\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
