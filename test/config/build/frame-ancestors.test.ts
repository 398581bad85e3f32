// `embeds`, `frame_ancestors` and `cross_site_posts`: what they come to, what `check` says of them, and what a change means.

import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { head, problems, valid, validTogether, warnings } from '../config-fixtures.ts'

const app = (name: string, more = ''): string =>
  `  ${name}:\n    from: https://${name}.example.com\n    to: http://10.20.0.7:3000\n    policy: [{ allow: {} }]\n${more === '' ? '' : `    ${more}\n`}`
const file = (...apps: readonly string[]): string => `${head}apps:\n${apps.join('')}`
const embedders = async (text: string, name: string) => (await valid(text)).apps.get(name)!.frameAncestors

describe('pages that may show an app in a frame', () => {
  test('are its own, and by default those of the apps that embed it', async () => {
    const text = file(app('wiki', 'embeds: [books, mail]'), app('books'), app('mail'), app('notes'))
    expect(await embedders(text, 'books')).toEqual(['https://books.example.com', 'https://wiki.example.com'])
    expect(await embedders(text, 'wiki')).toEqual(['https://wiki.example.com'])
    expect(await embedders(text, 'notes')).toEqual(['https://notes.example.com'])
  })

  test('are those written, in place of the default', async () => {
    const text = file(app('wiki', 'embeds: books'), app('books', 'frame_ancestors: [https://portal.example.com]'))
    expect(await embedders(text, 'books')).toEqual(['https://books.example.com', 'https://portal.example.com'])
  })

  test('are all hosts of an app that has several', async () => {
    const several = `  wiki:\n    from: [https://wiki.example.com, https://w.example.com]\n    to: http://10.20.0.7:3000\n    policy: [{ allow: {} }]\n    embeds: [books]\n`
    expect(await embedders(file(several, app('books')), 'books')).toEqual([
      'https://books.example.com',
      'https://wiki.example.com',
      'https://w.example.com',
    ])
  })
})

describe('`check` refuses', () => {
  test.each([
    ['an app that is not there', 'embeds: [boks]', 'unknown app "boks"'],
    ['a page for an origin', 'frame_ancestors: [https://portal.example.com/page]', 'must be an origin only'],
    ['any page', 'frame_ancestors: ["*"]', 'expected an address'],
    ['a path that can never match', 'cross_site_posts: [//saml]', 'can never match'],
    ['what is no path', 'cross_site_posts: [saml/acs]', 'expected a path'],
  ])('%s', async (_name, more, message) => {
    expect((await problems(file(app('wiki', more), app('books')))).join('\n')).toContain(message)
  })
})

describe('`check` warns of', () => {
  test.each([
    [
      'an app that does not list what embeds it',
      ['embeds: [books]', 'frame_ancestors: [https://portal.example.com]'],
      '"books" does not list https://wiki.example.com',
    ],
    [
      'another website, whose frames have no session',
      ['', 'frame_ancestors: [https://portal.example.net]'],
      'https://portal.example.net is another website',
    ],
    [
      'a plain page around an encrypted one',
      ['', 'frame_ancestors: [http://portal.example.com]'],
      'http://portal.example.com is another website',
    ],
    [
      'all paths for forms of other sites',
      ['', 'cross_site_posts: [/*]'],
      'every form of the app can be sent by any website',
    ],
    [
      'a path that is public anyway',
      ['', 'cross_site_posts: [/hook], public: [{ paths: [/hook], methods: [POST] }]'],
      '`public` admits POST to this path',
    ],
  ])('%s', async (_name, [wiki, books], message) => {
    const written = books!.replace(', public', '\n    public')
    expect((await warnings(file(app('wiki', wiki), app('books', written)))).join('\n')).toContain(message)
  })

  test('nothing where all is well', async () => {
    const text = file(app('wiki', 'embeds: [books]'), app('books', 'cross_site_posts: [/saml/acs, /pay/*]'))
    expect(await warnings(text)).toEqual([])
  })
})

test('`check --against` says who gains and loses', async () => {
  const [was, is] = await validTogether(
    file(app('wiki', 'embeds: [books]'), app('books', 'cross_site_posts: [/old]')),
    file(app('wiki'), app('books', 'cross_site_posts: [/saml/acs]\n    frame_ancestors: [https://portal.example.com]')),
  )
  expect(compareConfigurations(was, is).filter((line) => line.startsWith('books'))).toEqual([
    'books: any website gains forms to /saml/acs in the name of users',
    'books: any website loses forms to /old in the name of users',
    'books: pages of https://portal.example.com gain sign-in in their frames',
    'books: pages of https://wiki.example.com lose sign-in in their frames',
  ])
})
