// git over HTTP with git-http-backend under Apache, and gitweb beside it.

import { randomBytes } from 'node:crypto'
import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startApache, apacheNeeds } from '../apache.ts'
import type { Application, Ground, Show, Visitor } from '../application.ts'
import { must } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { debianVersion, succeed, type Ran } from '../programs.ts'

const backend = '/usr/lib/git-core/git-http-backend'
const gitweb = '/usr/share/gitweb'
const megabytes = 100
const fileName = 'Lies mich #1 für 50%.txt'

type Git = ReturnType<typeof gitAs>

export const gitHttpBackend: Application = {
  name: 'git',
  title: 'git-http-backend, gitweb',
  recipe: 'git.md',
  needs: ['git', ...apacheNeeds, backend, `${gitweb}/gitweb.cgi`, 'chromium'],
  async start(_host, folder) {
    const repositories = join(folder, 'repositories')
    await mkdir(repositories)
    const repository = join(repositories, 'tool.git')
    await succeed('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository])
    await succeed('git', ['-C', repository, 'config', 'http.receivepack', 'true'])
    await writeFile(
      join(folder, 'gitweb.conf'),
      `$projectroot = '${repositories}';\n$feature{'pathinfo'}{'default'} = [1];\n`,
    )
    const apache = await startApache(folder, {
      owned: [repositories],
      directives: `
# gitweb and PHP applications write addresses with the scheme of the request.
SetEnvIf X-Forwarded-Proto ^https$ HTTPS=on
SetEnv GIT_PROJECT_ROOT ${repositories}
SetEnv GIT_HTTP_EXPORT_ALL 1
SetEnv GITWEB_CONFIG ${join(folder, 'gitweb.conf')}
ScriptAlias /git/ ${backend}/
Alias /gitweb/static ${gitweb}/static
ScriptAlias /gitweb ${gitweb}/gitweb.cgi
AllowEncodedSlashes NoDecode
<Directory ${gitweb}/static>
  SetHandler none
</Directory>
# Its Location names http: and the public host.
RedirectMatch ^/$ /gitweb`,
    })
    return {
      origin: apache.origin,
      version: await debianVersion('git'),
      shows: [pushAndClone(folder), lookAround],
      stop: () => apache.stop(),
    }
  },
}

/** git as one person: nothing of the machine's configuration, the session's cookie with every request. */
function gitAs({ ca }: Ground, { cookie }: Visitor, folder: string): (...words: string[]) => Promise<Ran> {
  const env = { HOME: folder, GIT_SSL_CAINFO: ca.file, GIT_TERMINAL_PROMPT: '0' }
  const own = [
    '-c',
    'user.name=Erika',
    '-c',
    'user.email=erika@example.com',
    '-c',
    `http.extraHeader=Cookie: ${cookie}`,
  ]
  return (...words) => succeed('git', [...own, ...words], { env })
}

function pushAndClone(folder: string): Show {
  return {
    client: 'git push, clone, fetch',
    remark: 'The session’s cookie in `http.extraHeader`; access tokens for programs do not exist yet',
    async run(ground) {
      const [erika, thomas] = ground.people.map((one) => gitAs(ground, one, folder)) as [Git, Git]
      const [work, copy] = [join(folder, 'work'), join(folder, 'copy')]
      const url = `${ground.origin}/git/tool.git`
      await erika('init', '--quiet', '--initial-branch=main', work)
      const size = megabytes * 1024 * 1024
      await writeFile(join(work, 'data.bin'), randomBytes(size))
      await writeFile(join(work, fileName), 'a few words\n')
      await erika('-C', work, 'add', '.')
      await erika('-C', work, 'commit', '--quiet', '-m', 'Add data')
      await erika('-C', work, 'push', '--quiet', '--force', url, 'main')
      await thomas('clone', '--quiet', url, copy)
      const copied = (await stat(join(copy, 'data.bin'))).size
      must(copied === size, `${size} bytes cloned`, copied)
      await writeFile(join(copy, 'more.txt'), 'more\n')
      await thomas('-C', copy, 'add', '.')
      await thomas('-C', copy, 'commit', '--quiet', '-m', 'Add more')
      await thomas('-C', copy, 'push', '--quiet', 'origin', 'main')
      await erika('-C', work, 'fetch', '--quiet', url, 'main')
      const { stdout } = await erika('-C', work, 'log', '-1', '--format=%s', 'FETCH_HEAD')
      for (const one of [work, copy]) await rm(one, { recursive: true })
      must(stdout.trim() === 'Add more', 'the other’s commit', stdout)
      return `${megabytes} MB pushed and cloned, a commit pushed back and fetched`
    },
  }
}

const lookAround: Show = {
  client: 'Chromium (gitweb)',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.getByRole('link', { name: 'tool.git' }).first().click()
        await page.getByRole('link', { name: 'tree' }).first().click()
        await page.getByRole('link', { name: 'Lies mich' }).click()
        // It writes blanks as such that do not break.
        await page
          .getByText(/a\sfew\swords/)
          .first()
          .waitFor()
        return `project, tree and the file “${fileName}” opened`
      },
      { path: '/' },
    ),
}
