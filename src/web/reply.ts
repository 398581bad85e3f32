// What a page or endpoint of ours answers: a value, written out by the gateway.

export interface Reply {
  readonly status: number
  /** Name, value, ...; the security headers are added by `reply()`. */
  readonly headers: readonly string[]
  readonly body: string | Buffer
}

/** What our own pages may know of a request. The canonical request has this shape. */
export interface PageRequest {
  readonly id: string
  readonly method: string
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly path: string
  /** '' or '?...'. */
  readonly query: string
  /** The value when the field came exactly once (Cookie and comma lists: joined), else undefined. Lower-case name. */
  header(name: string): string | undefined
  /** The client's address, and the port of the TCP peer. */
  readonly address: string
  readonly port: number
  /** A person looking at a page, as opposed to a script or an image. */
  readonly navigation: boolean
  /** Reads at most 64 KiB of `application/x-www-form-urlencoded` or JSON; rejects with code `bad_request` otherwise. */
  text(): Promise<string>
}
