// Finds addresses on loopback that are free now: for the trial sign-in, and for the operations listener of the gateway.

import { createServer } from 'node:net'
import { errorCode } from '../../config/load/secret-references.ts'
import { startTrialServer, type TrialServer } from './trial-server.ts'

/** Several, because the first may be in use; the provider must know the port before. */
const attempts = 10

/** `first`: the port to begin with; later ones only where it is not `fixed`. */
export async function openTrialServer(
  first: number,
  path: string,
  fixed: boolean,
): Promise<TrialServer | { readonly port: number; readonly code: string }> {
  let code = 'EADDRINUSE'
  for (let port = first; port < first + (fixed ? 1 : attempts) && port < 65_536; port++) {
    try {
      return await startTrialServer(port, path)
    } catch (error) {
      code = errorCode(error)
    }
  }
  return { port: first, code }
}

/** Undefined: the default of the configuration is free. */
export async function freeOperationsAddress(taken: number): Promise<string | undefined> {
  for (let port = 9090; port < 9090 + attempts; port++) {
    if (port !== taken && (await isFree(port))) return port === 9090 ? undefined : `127.0.0.1:${port}`
  }
  return undefined
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
