// Interface of audit sinks (file, stdout, notifications), with delivery status and write failures.

export interface Sink {
  /** Name in status, logs and loss findings: `file`, `stdout` ... */
  readonly name: string
  /**
   * Writes whole lines, each with its line end; one call at a time. Resolves when the operating system has accepted all.
   * Rejects with `SinkFailed` otherwise; the caller then resends everything after `written`, from the start of a line.
   * Once settled, the caller may reuse the memory of `lines`.
   */
  write(lines: Buffer): Promise<void>
  /** Delivery status of a sink with a spool. */
  status?(): DeliveryStatus
  /** Reopens the file before the next write (SIGHUP). */
  reopen?(): void
  /** Releases everything. Never rejects. */
  close(): Promise<void>
}

/** Status of delivery from a spool. */
export interface DeliveryStatus {
  readonly state: 'working' | 'failing'
  /** Epoch milliseconds of the last change of state. */
  readonly since: number
  /** Error code or status of the last failed attempt, never text of the peer. */
  readonly error: string | undefined
  readonly waiting: number
  readonly waitingBytes: number
  /** Epoch milliseconds of the oldest spooled message. */
  readonly oldest: number | undefined
  /** Since the start. */
  readonly delivered: number
  /** Since the start: dropped because the spool was full. */
  readonly refused: number
  /** Dead letters on disk: rejected by the peer or not delivered in time. */
  readonly dead: number
}

/** `code`: system error code (`ENOSPC`, `EPIPE`, `EIO` ...). */
export class SinkFailed extends Error {
  readonly code: string
  /** Bytes of whole lines that were written. */
  readonly written: number
  constructor(sink: string, written: number, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown'
    super(`the audit sink ${sink} failed (${code})`, { cause })
    this.code = code
    this.written = written
  }
}
