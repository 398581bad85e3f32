// The tour's cookie jar keeps to what browsers do, or the tour would prove nothing about cookies.

import { expect, test } from 'vitest'
import { createCookieJar } from '../../../src/demo/tour/cookie-jar.ts'

const wiki = new URL('http://wiki.localhost:8080/page/7')

test('a cookie goes back to its own host on any port, and to no other host', () => {
  const jar = createCookieJar()
  jar.store(wiki, ['a=1; Path=/; HttpOnly'])
  expect(jar.header(wiki)).toBe('a=1')
  expect(jar.header(new URL('http://wiki.localhost:9090/'))).toBe('a=1')
  expect(jar.header(new URL('http://payroll.localhost:8080/'))).toBeUndefined()
})

test('a __Host- cookie without Secure, with a path or with a domain is refused', () => {
  const jar = createCookieJar()
  jar.store(wiki, [
    '__Host-a=1; Path=/',
    '__Host-b=1; Path=/page; Secure',
    '__Host-c=1; Path=/; Secure; Domain=localhost',
    '__Host-d=1; Path=/; Secure',
  ])
  expect(jar.header(wiki)).toBe('__Host-d=1')
})

test('a cookie is sent below its path only', () => {
  const jar = createCookieJar()
  jar.store(wiki, ['a=1; Path=/page'])
  expect(jar.header(new URL('http://wiki.localhost/page'))).toBe('a=1')
  expect(jar.header(new URL('http://wiki.localhost/pages'))).toBeUndefined()
})

test('a cookie that is over is removed', () => {
  const jar = createCookieJar()
  jar.store(wiki, ['a=1; Path=/', 'b=1; Path=/'])
  jar.store(wiki, ['a=; Path=/; Max-Age=0', 'b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
  expect(jar.header(wiki)).toBeUndefined()
})
