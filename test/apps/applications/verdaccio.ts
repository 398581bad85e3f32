// verdaccio: its pages and its API behind a session, and beside it the same registry readable without one for npm.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import { must, skipped, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { ask } from '../fetch.ts'
import { answers, serve, succeed } from '../programs.ts'

const scoped = '@company/hammer'

export const verdaccio: Application = {
  name: 'verdaccio',
  recipe: 'package-registries.md',
  needs: ['npm', 'curl', 'chromium'],
  packages: { from: 'npm', names: ['verdaccio@6.10.4'], overrides: { 'node-fetch': '2.7.0' } },
  async start(_host, folder, installed) {
    const [port] = (await freePorts(1)) as [number]
    const origin = `http://127.0.0.1:${port}`
    const all = { access: '$all', publish: '$all', unpublish: '$all' }
    const file = join(folder, 'verdaccio.json')
    const configuration = {
      storage: join(folder, 'storage'),
      packages: { '**': all },
      log: { type: 'stdout', level: 'warn' },
    }
    await writeFile(file, JSON.stringify(configuration))
    const words = [
      join(installed, 'node_modules/verdaccio/bin/verdaccio'),
      '--config',
      file,
      '--listen',
      `127.0.0.1:${port}`,
    ]
    const ready = answers(`${origin}/-/ping`)
    const server = await serve(process.execPath, words, { HOME: folder }, ready, { timeout: 90_000, cwd: folder })
    try {
      await publishDirectly(folder, port)
    } catch (error) {
      await server.stop()
      throw error
    }
    return {
      origin,
      siblings: {
        packages: { to: origin, public: [{ paths: ['/*'], methods: ['GET', 'HEAD'] }], paths: 'verbatim' },
      },
      shows: [
        byPages,
        byApi,
        byNpm(folder),
        skipped('npm publish, npm login', 'waits for access tokens for programs: npm sends no cookie'),
      ],
      stop: () => server.stop(),
    }
  },
}

/** As the build server inside does. */
async function publishDirectly(folder: string, port: number): Promise<void> {
  const work = join(folder, 'work')
  await mkdir(work)
  const about = { name: scoped, version: '1.0.0', description: 'Hits nails', license: 'MIT' }
  await writeFile(join(work, 'package.json'), JSON.stringify(about))
  await writeFile(join(work, 'readme.md'), '# Hammer\n')
  await writeFile(join(work, '.npmrc'), `registry=http://127.0.0.1:${port}/\n//127.0.0.1:${port}/:_authToken=any\n`)
  await succeed('npm', ['publish', '--ignore-scripts'], { cwd: work, env: npmEnv(folder) })
}

/** Nothing of the machine's own configuration of npm. */
function npmEnv(folder: string): NodeJS.ProcessEnv {
  const own = {
    HOME: folder,
    npm_config_cache: join(folder, 'npm-cache'),
    npm_config_userconfig: join(folder, 'npmrc'),
  }
  return { ...own, npm_config_update_notifier: 'false', npm_config_audit: 'false', npm_config_fund: 'false' }
}

const byPages: Show = {
  client: 'Chromium (its pages)',
  run: (ground) =>
    inChromium(ground, async (page) => {
      await page.getByText(scoped).first().click()
      await page.getByText('Hits nails').first().waitFor()
      await page.getByRole('heading', { name: 'Hammer' }).first().waitFor()
      return `list and page of ${scoped}`
    }),
}

const byApi: Show = {
  client: 'curl (API)',
  async run(ground) {
    const [visitor] = ground.people
    const about = await ask(ground, visitor, '/@company%2fhammer')
    must(about.status === 200, '200 for %2f', `${about.status} ${about.body}`)
    const { versions } = JSON.parse(about.body) as { versions: Record<string, { dist: { tarball: string } }> }
    const { tarball } = versions['1.0.0']!.dist
    must(tarball.startsWith(`${ground.origin}/`), 'a public address of the archive', tarball)
    const archive = await ask(ground, visitor, tarball)
    must(archive.status === 200 && archive.body.length > 100, 'the archive', `${archive.status} ${archive.body.length}`)
    const refused = await ask(ground, undefined, '/@company%2fhammer')
    must(refused.status === 401, '401 without a session', refused.status)
    return '“/@company%2fhammer” read, its archive at a public address'
  },
}

function byNpm(folder: string): Show {
  return {
    client: 'npm view, npm install',
    remark: 'Reading is public: `public` for GET and HEAD, and `paths: verbatim`, because npm writes `%2f`',
    async run(ground) {
      const env = {
        ...npmEnv(folder),
        npm_config_registry: `${ground.originOf('packages')}/`,
        npm_config_cafile: ground.ca.file,
      }
      const hook = `data:text/javascript,import dns from 'node:dns';const real=dns.lookup;dns.lookup=(host,options,found)=>real(host.endsWith('.localhost')?'127.0.0.1':host,options,found)`
      const all = { ...env, NODE_OPTIONS: `--import=${JSON.stringify(hook)}` }
      const { stdout } = await succeed('npm', ['view', scoped, 'description'], { env: all, cwd: folder })
      must(stdout.trim() === 'Hits nails', 'Hits nails', stdout)
      const project = join(folder, `project-${Date.now()}`)
      await mkdir(project)
      await writeFile(join(project, 'package.json'), '{ "private": true }\n')
      await succeed('npm', ['install', '--ignore-scripts', scoped], { env: all, cwd: project })
      return `${scoped} viewed and installed without a session`
    },
  }
}
