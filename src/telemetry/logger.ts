// Operational log: one line of JSON per message, redacted, and safe against log injection.

import { pino } from 'pino'
import { escapeControlCharacters } from './escape-control-characters.ts'
import { redact, redactText } from './redact.ts'

/** Fields first, then a constant message: external input belongs in the fields. Never throws, never blocks. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Destination of lines: a file descriptor, a file, or an object with `write`. */
export type LogDestination = number | string | { write(line: string): unknown }

/**
 * @param settings.destination default stderr: stdout is for the audit and the output of commands.
 */
export function createLogger(settings: {
  readonly level: LogLevel
  readonly destination?: LogDestination | undefined
}): Logger {
  const out = open(settings.destination ?? 2)
  const log = pino(
    {
      level: settings.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void out.write(`${escapeControlCharacters(line.trimEnd())}\n`) },
  )
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (!log.isLevelEnabled(level)) return
    try {
      log[level](withoutReserved(redact(fields)), redactText(message))
    } catch {
      // A field that cannot be logged must not fail a request.
      log[level]({ unloggable: true }, redactText(message))
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Bytes buffered while the destination is slow; beyond that lines are dropped, which bounds memory. */
const maxBacklogBytes = 16 * 1024 * 1024

function open(destination: LogDestination): { write(line: string): unknown } {
  if (typeof destination === 'object') return destination
  const stream = pino.destination({
    dest: destination,
    sync: false,
    mkdir: typeof destination === 'string',
    maxLength: maxBacklogBytes,
  })
  // A full disk or a closed pipe loses log lines; it must not end the process.
  stream.on('error', () => {})
  return stream
}

/** A field named like one of the line's own keys would be a duplicate key, and parsers take the last one. */
function withoutReserved(fields: Record<string, unknown>): Record<string, unknown> {
  for (const key of ['level', 'time', 'pid', 'msg']) {
    if (!Object.hasOwn(fields, key)) continue
    fields[`field_${key}`] = fields[key]
    delete fields[key]
  }
  return fields
}
