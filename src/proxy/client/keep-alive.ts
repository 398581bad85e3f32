// How long an idle upstream connection may be reused, by the `Keep-Alive` field of its last response.

/** Milliseconds: the `Keep-Alive: timeout` of the server minus one second for transit, at most `max`. */
export function keepAliveMs(headers: readonly string[], max: number): number {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length !== 10 || headers[i]!.toLowerCase() !== 'keep-alive') continue
    const seconds = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(headers[i + 1]!)
    if (seconds !== null) return Math.min(max, Number(seconds[1]) * 1_000 - 1_000)
  }
  return max
}
