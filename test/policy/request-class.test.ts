// Request classes: two requests share a cached decision exactly when no probe of the policy distinguishes them.

import { describe, expect, test } from 'vitest'
import {
  createClassifier,
  isRead,
  readProbe,
  type MethodProbe,
  type PathProbe,
} from '../../src/policy/request-class.ts'

const methodIs = (name: string): MethodProbe => ({ of: 'method', key: name, holds: (method) => method === name })
const under = (key: string, exact: readonly string[], prefixes: readonly string[]): PathProbe => ({
  of: 'path',
  key,
  exact,
  prefixes,
})

describe('reading', () => {
  test.each(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY'])('is %s', (method) =>
    expect(isRead(method)).toBe(true),
  )
  test.each([
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'TRACE',
    'CONNECT',
    'PROPPATCH',
    'COPY',
    'LOCK',
    'PURGE',
    'get',
    'propfind',
    '',
  ])('is not %s', (method) => expect(isRead(method)).toBe(false))
})

test('without probes all requests are of one class', () => {
  const classOf = createClassifier([])
  expect(classOf('GET', '/a')).toBe(classOf('DELETE', '/b'))
})

describe('by method', () => {
  const classOf = createClassifier([readProbe, methodIs('DELETE'), readProbe])

  test('methods with equal results in every probe are of one class, whatever the path', () => {
    expect(classOf('GET', '/a')).toBe(classOf('HEAD', '/b'))
    expect(classOf('POST', '/a')).toBe(classOf('PUT', '/b'))
    expect(new Set(['GET', 'POST', 'DELETE'].map((method) => classOf(method, '/')))).toHaveLength(3)
  })

  test('methods that are not in the table are classified as well', () => {
    expect(classOf('PURGE', '/')).toBe(classOf('POST', '/'))
    expect(classOf('REPORT', '/')).toBe(classOf('GET', '/'))
    expect(createClassifier([methodIs('PURGE')])('PURGE', '/')).not.toBe(
      createClassifier([methodIs('PURGE')])('BAN', '/'),
    )
  })

  test('probes with one key are asked once', () => {
    let asked = 0
    const counting: MethodProbe = { of: 'method', key: 'x', holds: () => (asked++, true) }
    const classify = createClassifier([counting, { ...counting }])
    asked = 0
    classify('PURGE', '/')
    expect(asked).toBe(1)
  })
})

describe('by path', () => {
  const classOf = createClassifier([
    under('admin', ['/admin'], ['/admin/']),
    under('users', [], ['/admin/users/', '/users/']),
    under('exact', ['/admin/users/me'], []),
  ])
  const classes = (paths: readonly string[]) => paths.map((path) => classOf('GET', path))

  test('paths under no pattern are of one class', () => {
    expect(new Set(classes(['/', '/other', '/adminx', '/admi', '/admin-users/']))).toHaveLength(1)
  })

  test('the method makes no difference', () => {
    expect(classOf('GET', '/admin')).toBe(classOf('DELETE', '/admin'))
  })

  test('a path and a prefix of one pattern are of one class', () => {
    expect(new Set(classes(['/admin', '/admin/', '/admin/x', '/admin/user']))).toHaveLength(1)
  })

  test('paths under different patterns are of different classes', () => {
    const distinct = ['/', '/admin', '/users/1', '/admin/users/1', '/admin/users/me']
    expect(new Set(classes(distinct))).toHaveLength(distinct.length)
  })

  test('the class names the patterns that hold, in their order', () => {
    expect(classes(['/admin/users/me', '/admin/users/', '/users/', '/x'])).toEqual(['0,1,2', '0,1', '1', ''])
  })

  test('a pattern that holds by two prefixes counts once', () => {
    const nested = createClassifier([under('p', ['/a/b'], ['/a', '/a/', '/a/b'])])
    expect(['/a/b', '/ab', '/a/c'].map((path) => nested('GET', path))).toEqual(['0', '0', '0'])
  })

  test('two patterns with one path are both named', () => {
    const both = createClassifier([under('p', ['/a'], []), under('q', ['/a'], ['/b']), under('r', [], ['/b'])])
    expect(['/a', '/b', '/c'].map((path) => both('GET', path))).toEqual(['0,1', '1,2', ''])
  })

  test('more than ten patterns are in numerical order', () => {
    const many = createClassifier(
      Array.from({ length: 12 }, (_, at) => under(`p${at}`, [], ['/a'.slice(0, 1 + (at % 2))])),
    )
    expect(many('GET', '/a')).toBe('0,1,2,3,4,5,6,7,8,9,10,11')
  })
})

test('by method and path, both count', () => {
  const classOf = createClassifier([readProbe, under('admin', [], ['/admin'])])
  const classes = [
    ['GET', '/'],
    ['POST', '/'],
    ['GET', '/admin'],
    ['POST', '/admin'],
  ].map(([method, path]) => classOf(method!, path!))
  expect(classes).toEqual(['1', '0', '1/0', '0/0'])
})
