// Checks the TLS files of connections to an app.

import type { AppInput } from '../schema/app.ts'
import { childPlace, requireKeys, type Diagnostics, type Place } from './diagnostics.ts'
import { checkCertificates, checkKeyPair } from './tls-files.ts'

export async function checkUpstreamTls(check: Diagnostics, place: Place, tls: AppInput['upstream_tls']): Promise<void> {
  if (tls === undefined) return
  if (tls.ca !== undefined) await checkCertificates(check, childPlace(place, 'ca'), tls.ca)
  if (tls.cert !== undefined || tls.key !== undefined) requireKeys(check, place, ['cert', 'key'])
  if (tls.cert === undefined || tls.key === undefined) return
  await checkKeyPair(
    check,
    { place: childPlace(place, 'cert'), name: tls.cert },
    { place: childPlace(place, 'key'), name: tls.key },
  )
}
