// Python scripts of clients, in the environment of installed packages.

import { join } from 'node:path'
import { succeed } from './programs.ts'

/** Names below `localhost` resolve in browsers and curl only. */
const loopback = `
import socket
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: real('127.0.0.1' if str(host).endswith('.localhost') else host, *more, **named)
`

/** `told`: JSON on its standard input. Resolves with what it prints; throws with its words when it fails. */
export async function runPython(installed: string, script: string, told: unknown): Promise<string> {
  const words = ['-I', '-c', loopback + script]
  const { stdout } = await succeed(join(installed, 'bin/python'), words, { input: JSON.stringify(told) })
  return stdout
}
