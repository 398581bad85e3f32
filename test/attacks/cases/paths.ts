// Attack class path traversal: every spelling of a path is either decided as what the app receives, or rejected.

import type { AttackSuite } from '../case.ts'
import type { Environment } from '../environment.ts'

const ask = (ground: Environment, target: string, method = 'GET', app = 'wiki'): string =>
  `${method} ${target} HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n\r\n`

const stranger = (ground: Environment, target: string, method = 'GET'): string =>
  `${method} ${target} HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n\r\n`

/** Each is a spelling of the protected area for some server. */
const spellings: readonly string[] = [
  '/admin',
  '/admin/',
  '/admin/secret',
  '/admin?x=/public/y',
  '/%61dmin/secret',
  '/%61%64%6d%69%6e/secret',
  '/%2561dmin/secret',
  '//admin/secret',
  '///admin//secret',
  '/./admin/secret',
  '/public/../admin/secret',
  '/public/%2e%2e/admin/secret',
  '/public/.%2e/admin/secret',
  '/public/..%2fadmin/secret',
  '/public/..%2Fadmin/secret',
  '/public/..%5cadmin/secret',
  '/public/%252e%252e/admin/secret',
  '/public/%25252e%25252e%25252fadmin',
  '/public/..;/admin/secret',
  '/public/..;a=b/admin/secret',
  '/;/admin/secret',
  '/admin;a=b/secret',
  '/admin;/secret',
  '/admin%3b/secret',
  '/admin%2fsecret',
  '/admin%252fsecret',
  '/admin./secret',
  '/admin.../secret',
  '/admin%20/secret',
  '/admin%09/secret',
  '/admin%00/secret',
  '/admin%00.png',
  '/admin%0a/secret',
  '/admin%23/secret',
  '/admin%3f/secret',
  '/admin\\secret',
  '\\admin\\secret',
  '/%5cadmin/secret',
  '/%c0%aeadmin/secret',
  '/public/%c0%ae%c0%ae/admin/secret',
  '/public/%c0%af..%c0%afadmin',
  '/public/%e0%80%ae%e0%80%ae/admin',
  '/public/%ef%bc%8e%ef%bc%8e/admin',
  '/%ef%bc%8fadmin/secret',
  '/public/%uff0e%uff0e/admin',
  '/public/%u002e%u002e/admin',
  '/admin\tsecret',
  '/public/x/../../admin/secret',
  '/.einlass/../admin/secret',
  '/.einlass/%2e%2e/admin/secret',
  'admin/secret',
  '*',
  '/admin#/public/x',
  '/admin:$i30:$INDEX_ALLOCATION/secret',
  '/admin::$DATA/secret',
  '/adm%E2%80%8Bin/secret',
  '/adm%C2%ADin/secret',
  '/adm%80in/secret',
  '/adm%C1%A9n/secret',
  '/%ef%bd%81dmin/secret',
  '/%20admin/secret',
  '/files/%2e%2e%5cadmin/secret',
  '/files/a%252f..%252f..%252fadmin/secret',
  '/files/..%e2%88%95admin/secret',
  '/files/%e2%80%a5/admin/secret',
  '/public%2f..%2fadmin/secret',
  '//x/admin/secret',
]

/** Beside the closed and the public area, in any reading: data of the application. */
const beside: readonly string[] = [
  '/files/Rechnung%20%2312.pdf',
  '/files/Was%3F.txt',
  '/files/a;b//c%2Fd',
  '/job/feature%252Fx/',
  '/@scope%2Fpkg',
  '/files/admin%2Fsecret',
  '/administrator%2Fx',
]

/** Spellings of the prefix of the gateway, in an application without rules about paths. */
const imitations: readonly string[] = [
  '/.einlass%2Fsession',
  '//.einlass/session',
  '/.einlass;x/session',
  '/.EINLASS/session',
  '/%252eeinlass/session',
  '/x/..%2f.einlass/session',
  '/x/../.einlass/session',
  '/.einlass%5csession',
  '/.einlass./session',
  '/%EF%BC%8Eeinlass/session',
]

/** Ways out of the root, or more than a path, there. */
const escapes: readonly string[] = [
  '/../etc/passwd',
  '/..%2f..%2fetc/passwd',
  '/a/..;/..;/etc/passwd',
  '/%c0%ae%c0%ae/etc/passwd',
  '/%252e%252e%252fetc/passwd',
  '/a%00.png',
  '/a%0d%0aX-Injected:%201',
  '/a%250aX',
  '/a\\..\\..\\etc',
  '/a?x=\x01',
]

export const paths: AttackSuite = {
  class: 'path-confusion',
  raw: [
    ...spellings.map((target) => ({
      name: `${JSON.stringify(target)}, signed in`,
      bytes: (ground: Environment) => ask(ground, target),
      expected: { status: [400, 401, 403, 404], closedArea: true, atMost: 0 },
    })),
    ...spellings.map((target) => ({
      name: `${JSON.stringify(target)}, a stranger`,
      bytes: (ground: Environment) => stranger(ground, target),
      expected: { status: [400, 401, 403, 404], closedArea: true, atMost: 0 },
    })),
    ...['/administrator', '/admins/x', '/x/admin/y', '/ADMINISTRATOR'].map((target) => ({
      name: `${target} is not the closed area`,
      bytes: (ground: Environment) => ask(ground, target),
      expected: { status: [200], asDecided: true },
    })),
    ...beside.map((target) => ({
      name: `${target} is beside every rule, and forwarded`,
      bytes: (ground: Environment) => ask(ground, target),
      expected: { status: [200], asDecided: true, closedArea: true },
    })),
    ...beside.map((target) => ({
      name: `${target}, a stranger`,
      bytes: (ground: Environment) => stranger(ground, target),
      expected: { status: [401], atMost: 0 },
    })),
    ...imitations.map((target) => ({
      name: `${target} is not served, and reaches no application`,
      bytes: (ground: Environment) => ask(ground, target, 'GET', 'erp'),
      expected: { status: [400], atMost: 0 },
    })),
    ...escapes.map((target) => ({
      name: `${JSON.stringify(target)} leaves no application without path rules`,
      bytes: (ground: Environment) => ask(ground, target, 'GET', 'erp'),
      expected: { status: [400], atMost: 0 },
    })),
    ...['/healthz', '/health/', '/health/x', '/HEALTH', '/health;x', '/health%2f', '/health/../app', '/health%3fx'].map(
      (target) => ({
        name: `${target} is not the public page`,
        bytes: (ground: Environment) => stranger(ground, target, 'POST'),
        expected: { status: [400, 401], atMost: 0 },
      }),
    ),
    ...['GET', 'DELETE', 'PUT', 'OPTIONS'].map((method) => ({
      name: `${method} is not what /health is public for`,
      bytes: (ground: Environment) => stranger(ground, '/health', method),
      expected: { status: [302, 401], atMost: 0 },
    })),
    {
      name: 'POST /health?x is public, and the app gets no identity',
      bytes: (ground) => `${ask(ground, '/health?x', 'POST').replace(/\r\n\r\n$/, '')}\r\nContent-Length: 0\r\n\r\n`,
      expected: { status: [200], absent: ['x-forwarded-user', 'x-einlass-jwt-assertion'] },
    },
    {
      name: 'a query with everything in it is no part of any rule',
      bytes: (ground) => ask(ground, '/app/x?../admin/secret&%2e%2e%2fadmin'),
      expected: { status: [200], asDecided: true },
    },
    {
      name: 'a harmless path is forwarded in its canonical form',
      bytes: (ground) => ask(ground, '/a/%7euser/%41?b=%2f'),
      expected: { status: [200], asDecided: true },
    },
  ],
}
