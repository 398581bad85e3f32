// Audit lines on standard output, for whoever collects the output of containers and services.

import { fstatSync, write as writeFile } from 'node:fs'
import { SinkFailed, type Sink } from '../sink.ts'

/**
 * Pipes, sockets and terminals are written through the stream, which waits for a slow reader without holding up the
 * process; a redirected file is written by the thread pool, because Node writes files on stdout synchronously.
 */
export function createStdoutSink(stream: Output = process.stdout): Sink {
  let broken: unknown
  // A reader that went away (EPIPE) must not end the gateway; without a listener it would.
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
    // The listener stays: an error may still come after the last write.
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
      // A cut line stays in the file; sending it again whole is better than leaving it out.
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
