// Where audit lines go. One contract suite for all sinks.

export interface Sink {
  /** For status, log and the finding about losses: `file`, `stdout`. */
  readonly name: string
  /**
   * Takes whole lines, each with its line end; one call at a time. Resolves when the system has all of them. Rejects
   * with `SinkFailed` otherwise; the caller then sends what `written` left over again, from the start of a line. Once
   * it has settled, `lines` are the caller's again, who writes something else into them.
   */
  write(lines: Buffer): Promise<void>
  /** How delivery goes, for a sink that keeps messages on disk until somebody took them. */
  status?(): DeliveryStatus
  /** Opens its file again before the next write (SIGHUP). */
  reopen?(): void
  /** Releases everything. Never rejects. */
  close(): Promise<void>
}

/** Of what a sink keeps on disk until its peer took it. */
export interface DeliveryStatus {
  readonly state: 'working' | 'failing'
  /** Epoch milliseconds since when. */
  readonly since: number
  /** Why the last attempt failed, in a word or a status: never what a peer wrote. */
  readonly error: string | undefined
  readonly waiting: number
  readonly waitingBytes: number
  /** Epoch milliseconds at which the oldest of them was kept. */
  readonly oldest: number | undefined
  /** Since the start. */
  readonly delivered: number
  /** Since the start: not kept, for there was no room. */
  readonly refused: number
  /** On disk: given up, for the peer would not take them, or not in time. */
  readonly dead: number
}

/** `code` is that of the system (`ENOSPC`, `EPIPE`, `EIO` ...). */
export class SinkFailed extends Error {
  readonly code: string
  /** Bytes of whole lines that did arrive. */
  readonly written: number
  constructor(sink: string, written: number, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown'
    super(`the audit sink ${sink} failed (${code})`, { cause })
    this.code = code
    this.written = written
  }
}
