// Parsing of Redis URLs: single, Sentinel, Cluster.

import { expect, test } from 'vitest'
import { parseRedisUrl } from '../../src/store/redis-url.ts'

const plain = { mode: 'single', tls: false, database: 0, username: undefined, password: undefined, master: undefined }

test.each([
  ['redis://10.0.0.1', { ...plain, hosts: [{ host: '10.0.0.1', port: 6379 }] }],
  ['rediss://u:p%40ss:x@redis.internal:6380/2', { tls: true, username: 'u', password: 'p@ss:x', database: 2 }],
  ['redis://:secret@[::1]:7000', { username: undefined, password: 'secret', hosts: [{ host: '::1', port: 7000 }] }],
  [
    'redis+sentinel://u:p@h1,h2:26380/mymaster/1?sentinel_password=s%20p',
    {
      mode: 'sentinel',
      master: 'mymaster',
      database: 1,
      password: 'p',
      sentinelPassword: 's p',
      hosts: [
        { host: 'h1', port: 26379 },
        { host: 'h2', port: 26380 },
      ],
    },
  ],
  [
    'rediss+cluster://h1,h2:7001',
    {
      mode: 'cluster',
      tls: true,
      hosts: [
        { host: 'h1', port: 6379 },
        { host: 'h2', port: 7001 },
      ],
    },
  ],
])('%s is parsed', (url, expected) => {
  expect(parseRedisUrl(url)).toMatchObject(expected)
})

test.each([
  ['http://h'],
  ['redis://'],
  ['redis://u:hush@h1,h2'],
  ['redis://u:hush@h:0'],
  ['redis://u:hush@h:99999'],
  ['redis://u:hush@h/one'],
  ['redis://u:hush%zz@h'],
  ['redis+sentinel://u:hush@h1,h2'],
  ['redis+cluster://u:hush@h1/3'],
])('%s is rejected without repeating the password', (url) => {
  let thrown: unknown
  try {
    parseRedisUrl(url)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ code: 'bad_store_url' })
  expect(String(thrown)).not.toContain('hush')
})
