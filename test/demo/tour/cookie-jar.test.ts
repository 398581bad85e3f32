// Cookie jar of the tour: host, path, expiry and the `__Host-` prefix as in a browser.

import { expect, test } from 'vitest'
import { createCookieJar } from '../../../src/demo/tour/cookie-jar.ts'

const wiki = new URL('http://wiki.localhost:8080/page/7')

test('sends a cookie to its own host on any port, and to no other host', () => {
  const jar = createCookieJar()
  jar.store(wiki, ['a=1; Path=/; HttpOnly'])
  expect(jar.header(wiki)).toBe('a=1')
  expect(jar.header(new URL('http://wiki.localhost:9090/'))).toBe('a=1')
  expect(jar.header(new URL('http://payroll.localhost:8080/'))).toBeUndefined()
})

test('rejects a __Host- cookie without Secure, with a path or with a domain', () => {
  const jar = createCookieJar()
  jar.store(wiki, [
    '__Host-a=1; Path=/',
    '__Host-b=1; Path=/page; Secure',
    '__Host-c=1; Path=/; Secure; Domain=localhost',
    '__Host-d=1; Path=/; Secure',
  ])
  expect(jar.header(wiki)).toBe('__Host-d=1')
})

test('sends a cookie below its path only', () => {
  const jar = createCookieJar()
  jar.store(wiki, ['a=1; Path=/page'])
  expect(jar.header(new URL('http://wiki.localhost/page'))).toBe('a=1')
  expect(jar.header(new URL('http://wiki.localhost/pages'))).toBeUndefined()
})

test('removes an expired cookie', () => {
  const jar = createCookieJar()
  jar.store(wiki, ['a=1; Path=/', 'b=1; Path=/'])
  jar.store(wiki, ['a=; Path=/; Max-Age=0', 'b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
  expect(jar.header(wiki)).toBeUndefined()
})
