// Fuzzing environment: the real gateway as a process, a signed-in user, and a recording raw upstream.

import { openSync, readSync, closeSync, fstatSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { unexpectedError, type AuditLine, type NodeProcess } from '../support/gateway-process.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'
import { startRawUpstream, type RawUpstream, type Recorded } from '../support/raw-upstream.ts'
import { must } from './target.ts'

export interface Environment {
  readonly stage: TestEnvironment
  readonly node: NodeProcess
  readonly upstream: RawUpstream
  readonly host: string
  /** `name=value`. */
  readonly cookie: string
  /** Audit lines written since the last call; does not wait. */
  news(): AuditLine[]
  /** Throws when the process has exited or logged an unexpected error. */
  alive(): void
  stop(): Promise<void>
}

export async function openEnvironment(): Promise<Environment> {
  const upstream = await startRawUpstream(answerAll)
  const stage = await startTestEnvironment({
    apps: { wiki: { to: upstream.origin, policy: [{ allow: { groups: ['staff'] } }] } },
    more: (folder) => ({
      audit: { file: { path: `${folder}/a.jsonl`, rotate: '4GB' } },
      session: { idle: '10h', revalidate: '1h' },
      limits: {
        keep_alive_timeout: '10s',
        body_idle_timeout: '5s',
        connections_per_address: 1000,
        sign_ins_per_minute: 1_000_000,
      },
    }),
  }).catch(async (error: unknown) => {
    await upstream.close()
    throw error
  })
  const stop = async (): Promise<void> => {
    await stage.stop()
    await upstream.close()
  }
  try {
    const node = await stage.startNode('a', { audit: { file: { path: `${stage.folder}/a.jsonl`, rotate: '4GB' } } })
    const wiki = stage.origin('wiki')
    const erika = stage.person('erika')
    must((await erika.signIn(wiki, node.port)).status === 200, 'a user can sign in')
    let read = 0
    let unfinished = ''
    return {
      stage,
      node,
      upstream,
      host: new URL(wiki).host,
      cookie: erika.jar.header(new URL(wiki))!,
      news() {
        const file = openSync(node.auditFile, 'r')
        const buffer = Buffer.alloc(fstatSync(file).size - read)
        readSync(file, buffer, 0, buffer.length, read)
        closeSync(file)
        read += buffer.length
        const lines = (unfinished + buffer.toString('utf8')).split('\n')
        unfinished = lines.pop()!
        return lines.map((line) => JSON.parse(line) as AuditLine)
      },
      alive() {
        process.kill(node.pid, 0)
        const output = node.output()
        const found = unexpectedError.exec(output)
        must(
          found === null,
          'the process logged no unexpected error',
          output.slice(Math.max(0, (found?.index ?? 0) - 300)).slice(0, 1500),
        )
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Keeps its connections open, so that a smuggled request would be seen as one of its own. */
function answerAll(request: Recorded, whole: Promise<void>): void {
  const body = request.line.startsWith('HEAD ') ? '' : 'ok'
  void whole.then(() =>
    request.socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n${body}`),
  )
}

/** Waits until `holds` is true, at most `patience` milliseconds. */
export async function until(holds: () => boolean, patience: number): Promise<boolean> {
  for (const from = Date.now(); !holds(); await pause(2)) if (Date.now() - from > patience) return false
  return true
}
