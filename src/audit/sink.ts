// Where audit lines go. One contract suite for all sinks.

export interface Sink {
  /** For status, log and the finding about losses: `file`, `stdout`. */
  readonly name: string
  /**
   * Takes whole lines, each with its line end; one call at a time. Resolves when the system has all of them. Rejects
   * with `SinkFailed` otherwise; the caller then sends what `written` left over again, from the start of a line.
   */
  write(lines: Buffer): Promise<void>
  /** Opens its file again before the next write (SIGHUP). */
  reopen?(): void
  /** Releases everything. Never rejects. */
  close(): Promise<void>
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
