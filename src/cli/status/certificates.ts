// Certificates of `gateway.acme` in `einlass status`.

import { certificateLines, certificatesNeedingAttention } from '../certificate-lines.ts'
import type { Section } from './section.ts'

export const certificates: Section = {
  lines: (now, zone) => certificateLines(now.certificates, zone),
  problems: (now, zone) => certificatesNeedingAttention(now.certificates, zone),
}
