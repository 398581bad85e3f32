// Attack class path traversal: every spelling of a path is either decided as what the app receives, or rejected.

import type { AttackSuite } from '../case.ts'
import type { Environment } from '../environment.ts'

const ask = (ground: Environment, target: string, method = 'GET'): string =>
  `${method} ${target} HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki')}\r\n\r\n`

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
