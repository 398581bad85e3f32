// Targets as applications use them: forwarded as sent without path rules, refused only where a rule could be evaded.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReturnContexts } from '../../src/identity/oidc/return-contexts.ts'
import { composeGateway, told, type ComposedGateway, type Got, type SignedIn } from './composed-gateway.ts'

const staff = '{ allow: { groups: [staff] } }'
let gateway: ComposedGateway
const people = new Map<string, SignedIn>()

beforeAll(async () => {
  gateway = await composeGateway({
    wiki: `policy: [${staff}]`,
    admin: `policy: [{ name: no admins, deny: { paths: [/admin/*] } }, ${staff}]`,
    docs: 'policy: [{ name: docs, allow: { groups: [staff], paths: [/docs/*, /about] } }]',
    hook: `public: [{ paths: [/webhooks/*], methods: [POST] }], policy: [${staff}]`,
    verbatim: `paths: verbatim, public: [{ paths: [/open/*] }], policy: [{ allow: { groups: [staff], paths: [/docs/*] } }]`,
  })
  for (const app of ['wiki', 'admin', 'docs', 'hook', 'verbatim']) {
    people.set(app, await gateway.signIn(app, { groups: ['staff'] }))
  }
})
afterAll(() => gateway?.stop())

/** The target that the app received, or the refusal. */
async function reached(app: string, target: string): Promise<string> {
  const before = gateway.forwarded.length
  const answer = await gateway.send({ host: `${app}.example.com`, target, as: people.get(app)! })
  if (answer.status !== 200) {
    expect(gateway.forwarded).toHaveLength(before)
    return told(answer)
  }
  expect(gateway.forwarded).toHaveLength(before + 1)
  return gateway.forwarded.at(-1)!.target
}

const lastRejection = () => gateway.logged.filter(({ msg }) => msg === 'request rejected').at(-1)

describe('without path rules, what clients of these applications send arrives octet by octet', () => {
  test.each([
    ['Jenkins, a branch with a slash', '/job/r/job/feature%252Fx/'],
    ['Jenkins, a folder of that', '/job/r/job/feature%252Fx%252Fy/lastBuild/api/json?tree=builds%5Bnumber%5D'],
    ['npm, a scoped package', '/@scope%2fpkg'],
    ['npm, the tarball', '/@scope%2fpkg/-/pkg-1.0.0.tgz'],
    ['JupyterLab, a file with #', '/lab/tree/Rechnung%20%2312.pdf'],
    ['JupyterLab, a file with ?', '/files/Was%3F.txt?download=1'],
    ['JupyterLab, a file with ;', '/files/a%3Bb.txt'],
    ['JupyterLab, one with a raw ;', '/files/a;b.txt'],
    ['JupyterLab, a file with %', '/files/100%25.csv'],
    ['JupyterLab, a file with & and umlauts', '/files/M%C3%BCller%20%26%20S%C3%B6hne.ipynb'],
    ['JupyterLab, a decomposed umlaut', '/files/Mu%CC%88ller.ipynb'],
    ['GitLab, a project by its path', '/api/v4/projects/group%2Fsub%2Fproject/repository/files/src%2Fa%2Ets/raw'],
    ['RabbitMQ, the virtual host /', '/api/queues/%2F/tasks'],
    ['Confluence, +', '/display/A/B+C'],
    ['an archive of web pages', '/web/2020/https://example.com//a'],
    ['Java, a path parameter', '/app;jsessionid=0A1B/page;x=1'],
    ['OData', "/Products(ID='a%2Fb')/Name"],
    ['a Windows share', '/share/%5C%5Cserver%5Cfile.txt'],
    ['latin1', '/stra%DFe'],
    ['lower-case escapes', '/%c3%a4%7e%41'],
    ['an encoded dot', '/a%2Ebak'],
    ['brackets', '/a[1]/b|c^d'],
    ['two slashes at the beginning', '//a//b'],
    ['a name of dots', '/a/.../b.'],
    ['a dot segment that stays inside', '/a/../b'],
    ['a query that is no form', '/search?q=50%'],
    ['a query with anything', '/search?a=%zz&b=#\\"<>{}|^`'],
    ['a query in latin1', '/search?q=stra\xdfe'],
    ['a query in UTF-8', '/search?q=stra\xc3\x9fe'],
  ])('%s', async (_name, target) => expect(await reached('wiki', target)).toBe(target))

  test('what no server could mean is refused, and named in the answer and the log', async () => {
    for (const [target, octet, detail] of [
      ['/a%00', '%00', 'target'],
      ['/a%0d%0aX:%201', '%0D', 'target'],
      ['/a\\b', '\\', 'target'],
      ['/a"b', '"', 'target'],
      ['/100%.csv', '%', 'target'],
      ['/..%2fetc', '..', 'target'],
      ['/.einlass%2fsession', '%2F', 'reserved_path'],
      ['/a?b c', '%20', 'query'],
    ] as const) {
      expect(await reached('wiki', target)).toBe('400 bad_target')
      expect(lastRejection()).toMatchObject({ detail, octet })
    }
  })
})

describe('with path rules, a spelling is refused where a reading of it could enter or leave their paths', () => {
  test.each([
    ['admin', '/files/Rechnung%20%2312.pdf', '/files/Rechnung%20%2312.pdf'],
    ['admin', '/job/feature%252fx/', '/job/feature%252fx/'],
    ['admin', '/@scope%2fpkg', '/@scope%2Fpkg'],
    ['admin', '/files//a;b', '/files//a;b'],
    ['admin', '/administrator%2Fx', '/administrator%2Fx'],
    ['admin', '/%7euser/%41', '/~user/A'],
    ['admin', '/admin%2Fx', '400 ambiguous_path'],
    ['admin', '/%61dmin%2Fx', '400 ambiguous_path'],
    ['admin', '//admin/x', '400 ambiguous_path'],
    ['admin', '/adm%E2%80%8Bin/x', '400 ambiguous_path'],
    ['admin', '/;/admin/x', '400 ambiguous_path'],
    ['admin', '/x/..%2fadmin', '400 ambiguous_path'],
    ['admin', '/x/../admin', '400 ambiguous_path'],
    ['admin', '/admin/a%2Fb', '403 denied_by_rule'],
    ['admin', '/admin', '403 denied_by_rule'],
    ['docs', '/docs/a%2Fb//c;d', '/docs/a%2Fb//c;d'],
    ['docs', '/docs%2Fa', '400 ambiguous_path'],
    ['docs', '/docs/..%2Fa', '400 ambiguous_path'],
    ['docs', '/about%3Fx', '400 ambiguous_path'],
    ['docs', '/other%2Fa', '403 path_not_allowed'],
    ['hook', '/webhooks%2Fa', '400 ambiguous_path'],
    ['hook', '/files/a%2Fb', '/files/a%2Fb'],
  ])('%s: %s', async (app, target, expected) => expect(await reached(app, target)).toBe(expected))

  test('the page, the problem document and the log name the octet, and what would help', async () => {
    const url = { host: 'admin.example.com', target: '/admin%2Fx', as: people.get('admin')! }
    const problem = JSON.parse((await gateway.send(url)).body) as { type: string; detail: string }
    expect(problem.type).toBe('urn:einlass:problem:ambiguous_path')
    expect(problem.detail).toContain('It contains %2F,')
    expect(problem.detail).toContain('`paths: verbatim`')
    expect(lastRejection()).toMatchObject({
      detail: 'ambiguous_path',
      octet: '%2F',
      app: 'admin',
      rule: 'rule "no admins": /admin/*',
      setting: 'apps.admin.paths: verbatim',
    })
    const page = (language: string): Promise<Got> =>
      gateway.send({ ...url, page: true, headers: { 'Accept-Language': language } })
    expect((await page('en')).body).toContain('It contains %2F, which servers read differently')
    expect((await page('de')).body).toContain('Sie enthält %2F, was Server verschieden lesen')
    expect((await page('en')).body).not.toContain('no admins')
  })
})

describe('paths: verbatim', () => {
  test.each([
    ['/docs/a%2fb', '/docs/a%2fb'],
    ['/docs/%41//;x', '/docs/%41//;x'],
    ['/open/a%2fb', '/open/a%2fb'],
    // Outside of every rule that grants something.
    ['/docs%2fa', '403 path_not_allowed'],
    ['//docs/a', '403 path_not_allowed'],
    // Dot segments lead out of any path.
    ['/docs/..%2fadmin', '400 ambiguous_path'],
    ['/docs/%252e%252e/admin', '400 ambiguous_path'],
    ['/open/../admin', '400 ambiguous_path'],
  ])('%s', async (target, expected) => expect(await reached('verbatim', target)).toBe(expected))

  test('a public path stays one in every reading', async () => {
    const ask = async (target: string): Promise<string> => {
      const answer = await gateway.send({ host: 'verbatim.example.com', target })
      return answer.status === 200 ? gateway.forwarded.at(-1)!.target : told(answer)
    }
    expect(await ask('/open/a%2fb')).toBe('/open/a%2fb')
    for (const target of ['/open%2fa', '/open;/a', '//open/a']) expect(await ask(target)).toBe('401 no_session')
    for (const target of ['/open/..%2fdocs', '/open/..;/docs']) expect(await ask(target)).toBe('400 ambiguous_path')
  })
})

describe('a host with a dot at its end', () => {
  const dotted = (app: string) => ({ host: `${app}.example.com.`, serverName: `${app}.example.com`, page: true })

  test('is the host without it, for programs', async () => {
    for (const sent of [
      { host: 'wiki.example.com.' },
      { version: '2' as const, authority: 'wiki.example.com.' },
      { target: 'https://wiki.example.com./x' },
    ]) {
      const answer = await gateway.send({ ...sent, serverName: 'wiki.example.com', as: people.get('wiki')! })
      expect(answer.status).toBe(200)
      expect(gateway.forwarded.at(-1)!.fields['host']).toBe('wiki.example.com')
    }
  })

  test('sends a page to the host without it, whose cookies are others', async () => {
    const answer = await gateway.send({ ...dotted('wiki'), target: '/a%2Fb?c=50%#\xdf' })
    expect([answer.status, answer.headers['location']]).toEqual([308, 'https://wiki.example.com/a%2Fb?c=50%%23%DF'])
    const own = await gateway.send({ ...dotted('access'), target: '/requests' })
    expect([own.status, own.headers['location']]).toEqual([308, 'https://access.example.com/requests'])
    expect((await gateway.send(dotted('none'))).status).toBe(404)
  })
})

test('a sign-in comes back to a query that is no URL', async () => {
  const { takePage, open } = gateway.deps.signIn.returnContexts as ReturnContexts
  const answer = await gateway.send({ page: true, target: '/search?q=50%&p=a\\b#c"\xdf' })
  expect(answer.status).toBe(302)
  const journey = open(new URL(answer.headers['location']!).searchParams.get('journey') ?? undefined)!
  const cookie = answer.headers['set-cookie']!.split(';')[0]!
  expect(takePage('wiki.example.com', cookie, journey.page!)?.target).toBe('/search?q=50%&p=a%5Cb%23c%22%DF')
})
