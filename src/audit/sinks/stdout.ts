// Audit sink for standard output, for log collectors of containers and services.

import { fstatSync, write as writeFile } from 'node:fs'
import { SinkFailed, type Sink } from '../sink.ts'

/**
 * Pipes, sockets and terminals are written through the stream, whose back-pressure does not block the process; a
 * redirected file is written by the thread pool, because Node writes files on stdout synchronously.
 */
export function createStdoutSink(stream: Output = process.stdout): Sink {
  let broken: unknown
  // Without a listener, a closed pipe (EPIPE) would end the process.
  const onError = (error: unknown) => {
    broken = error
  }
  stream.on('error', onError)
  const toFile = isFile(stream.fd)

  return {
    name: 'stdout',
    write(lines) {
      if (broken !== undefined) return Promise.reject(new SinkFailed('stdout', 0, broken))
      return toFile ? writeToFile(stream.fd, lines) : writeToStream(stream, lines)
    },
    // The listener stays: an error may still occur after the last write.
    close: () => Promise.resolve(),
  }
}

type Output = NodeJS.WritableStream & { readonly fd: number }

function writeToStream(stream: Output, lines: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(lines, (error) => {
      if (error) reject(new SinkFailed('stdout', 0, error))
      else resolve()
    })
  })
}

function writeToFile(fd: number, lines: Buffer, from = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    writeFile(fd, lines, from, lines.length - from, null, (error, count) => {
      // A torn line stays in the file; writing it again as a whole is better than losing it.
      if (error) reject(new SinkFailed('stdout', lines.lastIndexOf(10, from - 1) + 1, error))
      else if (from + count < lines.length) resolve(writeToFile(fd, lines, from + count))
      else resolve()
    })
  })
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile()
  } catch {
    return false
  }
}
