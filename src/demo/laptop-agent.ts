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

/** Fields of `trusted_header`, style `einlass`: name, value, ... `at`: epoch milliseconds. */
export function signedPosture(state: LaptopState, request: SignedRequest, secret: string, at: number): string[] {
  const fields: [string, string][] = [
    ['X-Device-Id', state.deviceId],
    ['X-Device-Managed', String(state.managed)],
    ['X-Device-Disk-Encrypted', String(state.encrypted)],
  ]
  const t = Math.floor(at / 1000)
  const lines = [String(t), request.method, request.host, request.target]
  const mac = createHmac('sha256', secret).update(lines.join('\n')).digest('hex')
  return [...fields.flat(), 'X-Device-Signature', `t=${t},v1=${mac}`]
}
