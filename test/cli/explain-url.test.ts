// `einlass explain --url`: any address of an app, and pages of its other hosts.

import { expect, test } from 'vitest'
import { explain } from '../../src/cli/explain.ts'
import { folder, head } from '../config/config-fixtures.ts'
import { runInProcess } from './run-command.ts'

const apps = `apps:
  erp:
    from: [https://erp.example.com, https://api.example.com]
    to: http://10.0.0.1
    policy: [{ name: no reports, deny: { paths: [/reports/*] } }, { name: staff, allow: { groups: [staff] } }]
  wiki: { from: https://intranet.example.com/wiki, to: http://10.0.0.2, policy: [{ allow: {} }] }
`
const anna = '--user anna@example.com --group staff'

const ask = async (words: string) =>
  runInProcess(explain, `--config a.yaml ${words}`, await folder({ 'a.yaml': head + apps }))

test.each([
  ['the first host', '--url https://erp.example.com/', 0],
  ['another host', '--url https://api.example.com/orders?q=1', 0],
  ['a path that a rule denies', '--url https://api.example.com/reports/x#top', 4],
  [
    'a write of a page of the same host',
    '--url https://api.example.com --method POST --origin https://api.example.com',
    0,
  ],
  [
    'a write of a page of another host',
    '--url https://api.example.com --method POST --origin https://erp.example.com',
    0,
  ],
  ['a WebSocket of a page of another host', '--url https://erp.example.com/live --origin https://api.example.com', 0],
  ['a preflight', '--url https://api.example.com --method OPTIONS --origin https://erp.example.com', 0],
  [
    'a write of a page of another app',
    '--url https://api.example.com --method POST --origin https://intranet.example.com',
    4,
  ],
  ['a path of a host', '--url https://intranet.example.com/wiki/page', 0],
])('%s', async (_name, words, code) => {
  expect(await ask(`${words} ${anna}`)).toMatchObject({ code, stderr: '' })
})

test.each([
  [
    '--url https://nowhere.example.com/',
    '--url: no app is at https://nowhere.example.com: the gateway responds 404; apps are at https://erp.example.com, https://api.example.com, https://intranet.example.com',
  ],
  ['--url http://erp.example.com/', '--url: no app is at http://erp.example.com'],
  ['--url https://erp.example.com:8443/', '--url: no app is at https://erp.example.com:8443'],
  ['--url https://intranet.example.com/wikipedia', '--url: no app at https://intranet.example.com has this path'],
  ['--url erp.example.com', '--url: erp.example.com is not an address'],
  ['--url https://user:pw@erp.example.com/', '--url: https://user:pw@erp.example.com/ is not an address'],
  ['--url https://erp.example.com/ --app erp', '--url has the place of --app and --path'],
  ['--url https://erp.example.com/ --path /x', '--url has the place of --app and --path'],
  ['--user anna@example.com', 'missing --app or --url'],
])('%s: exit 2 and one line', async (words, message) => {
  const { code, stdout, stderr } = await ask(words)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
})
