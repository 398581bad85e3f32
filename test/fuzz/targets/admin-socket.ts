// Fuzz target admin socket: any call to the real process gets an expected response, and only acknowledged changes happen.

import { request } from 'node:http'
import fc from 'fast-check'
import { mutate } from '../mutate.ts'
import { openEnvironment } from '../environment.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const paths = [
  '/status',
  '/sessions',
  '/sessions/end',
  '/grants',
  '/grants/revoke',
  '/reload',
  '/',
  '/__proto__',
  '/toString',
]
const soon = Date.now() + 3_600_000
const value = fc.oneof(
  fc.constantFrom<unknown>(
    'company|miro',
    'company|mailto:x@y.z',
    'nobody|x',
    'wiki',
    'read',
    'full',
    soon,
    soon + 1e12,
    1e300,
    -1,
    null,
    true,
    '',
    [],
    {},
    '\u202e\u0000',
    '__proto__',
    'x'.repeat(5_000),
  ),
  fc.jsonValue({ maxDepth: 2 }),
)
const keys = [
  'who',
  'app',
  'level',
  'from',
  'until',
  'schedule',
  'sponsor',
  'reason',
  'id',
  'user',
  '__proto__',
  'constructor',
]
const bodies = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 5 }).map((body) => JSON.stringify(body)),
  },
  {
    weight: 2,
    arbitrary: fc
      .dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 })
      .map((body) => JSON.stringify({ who: 'company|miro', app: 'wiki', until: soon, ...body })),
  },
  {
    weight: 2,
    arbitrary: mutate(
      [
        `{"who":"company|miro","app":"wiki","until":${soon}}`,
        '{"id":"x"}',
        '{"user":"nobody@example.com"}',
        '[]',
        '{}',
      ],
      ['{', '}', '[', ']', '"', ':', ',', '\\u0000', '\\ud800', 'null', '1e999', '\0', '\n', '"__proto__":'],
    ),
  },
)
const calls = fc.record({
  method: fc.constantFrom('POST', 'POST', 'GET', 'PUT', 'DELETE'),
  path: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...paths) }, { weight: 1, arbitrary: fc.webPath() }),
  body: bodies,
})

export const adminSocket: FuzzTarget = {
  name: 'admin-socket',
  law: 'a foreseen answer; given is there, refused is not; the process lives',
  weight: 1,
  async open() {
    const ground = await openEnvironment()
    const { node } = ground
    return opened(
      calls,
      async ({ method, path, body }) => {
        // An administrator may end every session; the grants are compared with the responses.
        const { status, text } = await call(node.adminSocket, method, path, body)
        must([200, 400, 404].includes(status), 'a foreseen answer', { status, text })
        const answer = JSON.parse(text) as { id?: string; error?: string; revoked?: string }
        if (status !== 200) return must(typeof answer.error === 'string', 'a refusal says why', text)
        if (method !== 'POST' || path !== '/grants') return
        const asked = JSON.parse(body) as { who: string; app: string; until: number }
        must(
          asked.app === 'wiki' && asked.who.startsWith('company|') && asked.until > Date.now(),
          'only a whole grant is given',
          asked,
        )
        const grants = JSON.parse((await call(node.adminSocket, 'GET', '/grants', '')).text) as { id: string }[]
        must(
          grants.some(({ id }) => id === answer.id),
          'what was given is there',
          answer,
        )
        must(
          (await call(node.adminSocket, 'POST', '/grants/revoke', JSON.stringify({ id: answer.id }))).status === 200,
          'and can be taken back',
        )
      },
      {
        async settle() {
          ground.alive()
          // No audit line can be broken by the text of a reason.
          ground.news()
        },
        close: ground.stop,
      },
    )
  },
}

function call(
  socketPath: string,
  method: string,
  path: string,
  body: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path, headers: { 'content-length': Buffer.byteLength(body) }, timeout: 5_000 },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
        answer.on('error', reject)
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 5 s')))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
