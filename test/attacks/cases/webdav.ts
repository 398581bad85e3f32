// Attack class path traversal, by the second path of COPY and MOVE: `Destination`, and the resources that `If` names.

import { must, type AttackSuite, type Check } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { connectHttp2, endHeaders, endStream, fieldsBlock, frame, frames } from '../raw-http2-client.ts'

const copy = (ground: Environment, fields: string, method = 'COPY'): string =>
  `${method} /dav/a.txt HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki')}\r\n${fields}\r\n`

/** Where writing is denied, in spellings some server reads so. `HOST` is the app's own. */
const denied: readonly string[] = [
  'https://HOST/dav/admin/x',
  'https://HOST/dav/admin',
  'https://HOST/dav/%61dmin/x',
  'https://HOST/dav/admin/x?y=/dav/public/',
  'https://HOST/dav//admin/x',
  'https://HOST/dav/public/../admin/x',
  'https://HOST/dav/public/%2e%2e/admin/x',
  'https://HOST/dav/public/..%2fadmin/x',
  'https://HOST/dav/public/..%5cadmin/x',
  'https://HOST/dav/public/..;/admin/x',
  'https://HOST/dav/public/%252e%252e/admin/x',
  'https://HOST/dav/admin;x/y',
  'https://HOST/dav/admin%2fx',
  'https://HOST/dav/admin./x',
  'https://HOST/dav/admin%20/x',
  'https://HOST/dav/admin%00',
  'https://HOST/dav/%c0%aeadmin/x',
  'https://HOST/dav/%ef%bc%8fadmin/x',
  '/dav/admin/x',
  '/dav/%61dmin/x',
  '//HOST/dav/admin/x',
]

/** Resources that are none of this app. */
const foreign: readonly string[] = [
  'https://other.example/x',
  '//other.example/x',
  'https://access.company.localhost/x',
  'https://HOST@other.example/x',
  'https://ada:pw@HOST/dav/x',
  'https://HOST.other.example/x',
  'http://HOST/dav/x',
  'https://HOST/dav/x#/admin/y',
  'https://HOST\\@other.example/x',
  'https:HOST/dav/x',
  'file:///etc/passwd',
  // Another app on the same host.
  'https://HOST/x',
  '/x',
  '/davenport/x',
  '/dav/../x',
  // Pages of the gateway.
  '/.einlass/sign-in',
  'https://HOST/%2eeinlass/x',
  // What one server takes for a line end.
  '/dav/x%0d%0aDestination:%20/dav/admin/x',
  '/dav/x%0aX:y',
]

const here = (ground: Environment, text: string): string => text.replaceAll('HOST', ground.host('wiki'))

async function overHttp2(ground: Environment, method: string, destinations: readonly string[]): Promise<number> {
  const client = await connectHttp2(ground.port, `wiki.${domain}`, ground.ca)
  try {
    const fields: (readonly [string, string])[] = [
      [':method', method],
      [':scheme', 'https'],
      [':authority', ground.host('wiki')],
      [':path', '/dav/a.txt'],
      ['cookie', ground.cookie('wiki')],
      ...destinations.map((one) => ['destination', here(ground, one)] as const),
    ]
    client.send(frame(frames.headers, endHeaders | endStream, 1, fieldsBlock(fields)))
    await client.settled(1)
    return client.statuses().get(1) ?? 0
  } finally {
    client.end()
  }
}

const refusedOverHttp2 = (name: string, destinations: readonly (readonly string[])[]): Check => ({
  name,
  async run(ground) {
    for (const method of ['COPY', 'MOVE']) {
      for (const one of destinations) {
        const before = ground.upstream.requests.length
        const status = await overHttp2(ground, method, one)
        must(status === 400 || status === 403, `a refusal of ${method} to ${one.join(' and ')}`, status)
        must(ground.upstream.requests.length === before, 'nothing upstream', one.join())
      }
    }
  },
})

export const webdav: AttackSuite = {
  class: 'path-confusion',
  raw: [
    ...['COPY', 'MOVE'].flatMap((method) =>
      denied.map((destination) => ({
        name: `${method} into a denied folder: ${destination}`,
        bytes: (ground: Environment) => copy(ground, `Destination: ${here(ground, destination)}\r\n`, method),
        expected: { status: [400, 403], atMost: 0 },
      })),
    ),
    ...foreign.map((destination) => ({
      name: `COPY to what is not the app's: ${destination}`,
      bytes: (ground: Environment) => copy(ground, `Destination: ${here(ground, destination)}\r\n`),
      expected: { status: [400], atMost: 0 },
    })),
    ...foreign.map((resource) => ({
      name: `If names what is not the app's: ${resource}`,
      bytes: (ground: Environment) =>
        copy(ground, `Destination: /dav/b\r\nIf: <${here(ground, resource)}> (<urn:uuid:1>)\r\n`),
      expected: { status: [400], atMost: 0 },
    })),
    {
      name: 'two Destination fields',
      bytes: (ground: Environment) => copy(ground, 'Destination: /dav/b\r\nDestination: /dav/admin/x\r\n'),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'two Destination fields of different case',
      bytes: (ground: Environment) => copy(ground, 'destination: /dav/admin/x\r\nDESTINATION: /dav/b\r\n'),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'a folded Destination',
      bytes: (ground: Environment) => copy(ground, 'Destination: /dav/b\r\n /dav/admin/x\r\n'),
      expected: { status: [400, 0], atMost: 0 },
    },
    {
      name: 'COPY without a Destination',
      bytes: (ground: Environment) => copy(ground, ''),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'COPY whose Connection removes Destination',
      bytes: (ground: Environment) => copy(ground, 'Destination: /dav/b\r\nConnection: destination\r\n'),
      expected: { status: [200], once: ['destination'], equal: { destination: '/dav/b' } },
    },
    {
      name: 'MERGE, which the app alone knows, into a denied folder',
      bytes: (ground: Environment) => copy(ground, 'Destination: /dav/admin/x\r\n', 'MERGE'),
      expected: { status: [403], atMost: 0 },
    },
    ...['VERSION-CONTROL', 'X-COPY', 'copy', 'Move', 'TRACE', 'TRACK'].map((method) => ({
      name: `${method} into a denied folder`,
      bytes: (ground: Environment) => copy(ground, 'Destination: /dav/admin/x\r\n', method),
      expected: { status: [400, 403, 501, 0], atMost: 0 },
    })),
  ],
  checks: [
    {
      name: 'the same COPY without the attack, in HTTP/2',
      async run(ground) {
        const status = await overHttp2(ground, 'COPY', ['https://HOST/dav/b.txt'])
        must(status === 200, '200', status)
        const field = ground.upstream.requests.at(-1)!.values('destination')[0]
        must(field === here(ground, 'http://HOST/dav/b.txt'), 'the origin that the app sees', field)
      },
    },
    refusedOverHttp2(
      'in HTTP/2, COPY and MOVE into a denied folder',
      denied.map((one) => [one]),
    ),
    refusedOverHttp2('in HTTP/2, a Destination that is not the app’s, or is there twice', [
      ...foreign.map((one) => [one]),
      ['/b', '/admin/x'],
      ['/admin/x', '/b'],
      [],
    ]),
  ],
}
