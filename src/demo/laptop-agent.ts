// What the company laptop's agent says about the device, signed for one request.

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
 * Fields of `trusted_header`, style `einlass`: name, value, ... `at`: epoch milliseconds. Written from the description
 * of the format, as a vendor's agent would be: the device itself takes no part in how its words are checked.
 */
export function signedPosture(state: LaptopState, request: SignedRequest, secret: string, at: number): string[] {
  // Sorted by name, as they are signed.
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
