// Asks an upstream server for one page: for health checks, and for `einlass check --online`.

import type { RequestHeaders } from './headers/serialized-headers.ts'
import type { UpstreamServer } from './upstream-server.ts'

export type Probed =
  /** `date`: value of the field, if any. */
  { readonly status: number; readonly date: string | undefined } | { readonly error: Error }

/** A new connection each time. Never rejects. `timeout`: milliseconds. */
export function probeServer(
  server: UpstreamServer,
  path: string,
  headers: RequestHeaders,
  timeout: number,
): Promise<Probed> {
  return new Promise((resolve) => {
    const connection = server.acquire(true, 'any')
    let status = 0
    let date: string | undefined
    const settle = (result: Probed): void => {
      clearTimeout(timer)
      resolve(result)
      queueMicrotask(() => server.discard(connection))
    }
    const timer = setTimeout(() => settle({ error: new Error('timeout') }), timeout)
    connection.dispatch(
      { path, method: 'GET', headers, body: null, contentLength: undefined, upgrade: null },
      {
        onRequestStart() {},
        onResponseStart(control, code) {
          if (code < 200) return
          status = code
          date = dateOf(control.rawHeaders)
        },
        onResponseData() {},
        onResponseEnd: () => settle({ status, date }),
        onResponseError: (_control, error) => settle({ error }),
      },
    )
  })
}

function dateOf(raw: readonly (string | Buffer)[] | undefined): string | undefined {
  const at = (raw ?? []).findIndex((name, index) => index % 2 === 0 && String(name).toLowerCase() === 'date')
  return at < 0 ? undefined : String(raw![at + 1])
}
