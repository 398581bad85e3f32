// `paths: verbatim` in the configuration: accepted where no spelling can evade a rule, else the rule is named.

import { expect, test } from 'vitest'
import { head, problems, valid } from '../config-fixtures.ts'

const file = (rules: string, more = ''): string =>
  `${head}${more}apps:\n  files:\n    from: https://files.example.com\n    to: http://10.20.0.7:3000\n    paths: verbatim\n    ${rules}\n`
const messages = async (text: string): Promise<string[]> =>
  (await problems(text)).map((one) => one.replace(/^\d+:\d+: /, ''))

test.each([
  'policy: [{ allow: {} }]',
  'policy: [{ allow: { paths: [/docs/*, /about, /v1.0/*] } }]',
  'policy: [{ allow: {} }], public: [{ paths: [/hooks/*] }]'.replace('], public', ']\n    public'),
  'policy: [{ deny: { not: { paths: [/docs/*] } } }, { allow: {} }]',
  'policy: [{ deny: { paths: ["/*"], groups: [x] } }, { allow: {} }]',
  'policy: [{ allow: {}, limit: { download: 1MB } }]',
])('accepted with %s', async (rules) => {
  expect((await valid(file(rules))).apps.get('files')!.paths).toBe('verbatim')
})

test.each([
  [
    'policy: [{ name: no admins, deny: { paths: [/admin/*] } }, { allow: {} }]',
    'apps.files.paths: verbatim: rule "no admins" withholds /admin/*, and servers read further spellings as paths in it; list what is allowed instead',
  ],
  [
    'policy: [{ name: rest, allow: { not: { paths: [/admin] } } }]',
    'apps.files.paths: verbatim: rule "rest" withholds /admin, and servers read further spellings as paths in it; list what is allowed instead',
  ],
  [
    'policy: [{ name: big, allow: { paths: [/big/*] }, limit: { download: 1MB } }, { allow: {} }]',
    'apps.files.paths: verbatim: rule "big" limits /big/*, and servers read further spellings as paths in it; move the limit to a rule for all paths',
  ],
  [
    'policy: [{ name: odd, allow: { paths: ["/a;b/*"] } }]',
    'apps.files.paths: verbatim: rule "odd" ends or contains what servers read differently: /a;b/*; name it without, or a folder of it',
  ],
])('refused with %s', async (rules, message) => expect(await messages(file(rules))).toEqual([message]))

test('the former key is unknown', async () => {
  const text = file('policy: [{ allow: {} }]').replace('paths: verbatim', 'allow_encoded_slash: true')
  expect(await messages(text)).toEqual([expect.stringContaining('allow_encoded_slash')])
})
