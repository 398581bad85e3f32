// Device agent of the company laptop: signs the posture headers of one request (HMAC).

import { createHmac } from 'node:crypto'

export interface LaptopState {
  readonly deviceId: string
  readonly managed: boolean
  readonly encrypted: boolean
}

export interface SignedRequest {
  readonly method: string
  readonly host: string
  readonly target: string
}

/**
 * Header fields of `trusted_header`, style `einlass`, as name, value, ... `at`: epoch milliseconds. Implemented from
 * the format's documentation, as a vendor's agent would be, independently of the code that verifies it.
 */
export function signedPosture(state: LaptopState, request: SignedRequest, secret: string, at: number): string[] {
  // Signed in alphabetical order.
  const fields = [
    ['X-Device-Disk-Encrypted', String(state.encrypted)],
    ['X-Device-Id', state.deviceId],
    ['X-Device-Managed', String(state.managed)],
  ] as const
  const t = Math.floor(at / 1000)
  const lines = ['einlass-device-1', t, request.method, request.host.toLowerCase(), request.target]
  const signed = [...lines, ...fields.map(([name, value]) => `${name.toLowerCase()}:${value}`), ''].join('\n')
  const mac = createHmac('sha256', secret).update(signed, 'latin1').digest('hex')
  return [...fields.flat(), 'X-Device-Signature', `t=${t},v1=${mac}`]
}
