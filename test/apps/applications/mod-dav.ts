// Apache with mod_dav: WebDAV by litmus, cadaver, rclone and curl; litmus gets as many points as directly.

import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import type { Application, Ground, Show } from '../application.ts'
import { must } from '../application.ts'
import { startClientProxy } from '../client-proxy.ts'
import { debianVersion, run, serve, succeed } from '../programs.ts'

const modules = '/usr/lib/apache2/modules'
const loaded = ['mpm_event', 'authn_core', 'authz_core', 'dav', 'dav_fs', 'dir', 'headers']

export const modDav: Application = {
  name: 'mod-dav',
  title: 'Apache mod_dav',
  recipe: 'webdav.md',
  needs: ['apache2', 'curl', 'litmus', 'cadaver', 'rclone', `${modules}/mod_dav_fs.so`],
  async start(host, folder) {
    const apache = await startApache(host, folder)
    try {
      const direct = await litmus(folder, [`http://127.0.0.1:${apache.port}/direct/`])
      return {
        origin: `http://127.0.0.1:${apache.port}`,
        version: await debianVersion('apache2'),
        settings: {
          methods: 'webdav',
          policy: [
            { deny: { paths: ['/locked/*'], actions: ['write'] } },
            { deny: { paths: ['/hidden/*'] } },
            { allow: { groups: ['staff'] } },
          ],
        },
        shows: [byLitmus(folder, direct), byCadaver(folder), byRclone(folder), ...(['1.1', '2'] as const).map(byCurl)],
        stop: () => apache.stop(),
      }
    } catch (error) {
      await apache.stop()
      throw error
    }
  },
}

/** The last line of each suite. It writes `debug.log` where it runs. */
async function litmus(folder: string, words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('env', [`--chdir=${folder}`, 'litmus', '-k', ...words], { timeout: 300_000 })
  const sums = stdout.split('\n').filter((line) => line.startsWith('<- summary for'))
  must(sums.length === 5, 'five suites of litmus', stdout.slice(-300))
  return sums.map((line) => line.replace(/^<- summary for `(\w+)': of (\d+) tests run: (\d+) passed.*$/, '$1 $3/$2'))
}

function byLitmus(folder: string, direct: readonly string[]): Show {
  return {
    client: 'litmus',
    async run(ground) {
      const proxy = await startClientProxy(ground, ground.people[0])
      try {
        await send(ground, '1.1', 'MKCOL', '/through/')
        const through = await litmus(folder, [`http://127.0.0.1:${proxy.port}/through/`])
        must(through.join() === direct.join(), `as directly: ${direct.join(', ')}`, through.join(', '))
        return `${through.join(', ')}, as directly`
      } finally {
        await proxy.stop()
      }
    },
  }
}

function byCadaver(folder: string): Show {
  return {
    client: 'cadaver',
    async run(ground) {
      const [first, fetched] = [join(folder, 'first.txt'), join(folder, 'fetched.txt')]
      await writeFile(first, 'by cadaver\n')
      const proxy = await startClientProxy(ground, ground.people[0])
      const name = `cadaver-${Date.now()}`
      const input = `mkcol ${name}
cd ${name}
put ${first} a.txt
copy a.txt b.txt
move b.txt c.txt
lock c.txt
propset c.txt colour green
propget c.txt colour
unlock c.txt
copy c.txt /locked/d.txt
get c.txt ${fetched}
ls
quit
`
      try {
        const words = ['-t', `http://127.0.0.1:${proxy.port}/`]
        const { stdout } = await run('cadaver', words, { input, env: { HOME: folder } })
        const failures = stdout.match(/failed:?\n?.*/g) ?? []
        // Each command that failed says so.
        must(failures.length === 1 && stdout.includes('403'), 'only the copy into a denied folder to fail', stdout)
        must(stdout.includes('green'), 'the property to be set', stdout)
        must((await readFile(fetched, 'utf8')) === 'by cadaver\n', 'the copy that was moved', stdout)
        return 'put, copy, move, lock, propset, unlock, get; copy into a denied folder 403'
      } finally {
        await proxy.stop()
      }
    },
  }
}

const files = 50

/** Negotiates HTTP/2. */
function byRclone(folder: string): Show {
  return {
    client: 'rclone',
    async run(ground) {
      const source = join(folder, `tree-${Date.now()}`)
      await mkdir(join(source, 'Ordner äöü'), { recursive: true })
      for (let n = 0; n < files; n++)
        await writeFile(join(source, `Ordner äöü/Datei ${n}.txt`), `${n}\n`.repeat(1 + 400 * n))
      const proxy = await startClientProxy(ground, ground.people[0])
      const env = {
        HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
        RCLONE_CONFIG_DAV_TYPE: 'webdav',
        RCLONE_CONFIG_DAV_URL: `${ground.origin}/`,
        RCLONE_CONFIG_DAV_VENDOR: 'other',
        RCLONE_CONFIG: join(folder, 'rclone.conf'),
      }
      const rclone = (...words: string[]) =>
        succeed('rclone', ['--ca-cert', ground.ca.file, '--header', `Cookie: ${ground.people[0].cookie}`, ...words], {
          env,
        })
      const root = `dav:rclone-${Date.now()}`
      try {
        await rclone('copy', source, `${root}/a`)
        await rclone('check', '--download', source, `${root}/a`)
        await rclone('copy', `${root}/a`, `${root}/b`)
        await rclone('moveto', `${root}/b/Ordner äöü`, `${root}/c/Ordner äöü`)
        await rclone('check', '--download', source, `${root}/c`)
        await rclone('purge', root)
        return `${files} files up, compared, copied, moved, compared, deleted`
      } finally {
        await proxy.stop()
      }
    },
  }
}

/** Where a copy may go, and what is refused before it reaches the application. */
function byCurl(version: '1.1' | '2'): Show {
  return {
    client: `curl, HTTP/${version}`,
    async run(ground) {
      await send(ground, version, 'PUT', '/curl.txt', ['--data', 'x'])
      const copy = async (destination: string): Promise<number> =>
        send(ground, version, 'COPY', '/curl.txt', ['-H', `Destination: ${destination}`])
      const expected: readonly (readonly [destination: string, status: number])[] = [
        [`${ground.origin}/copied-${version}-${Date.now()}.txt`, 201],
        [`${ground.origin}/locked/x.txt`, 403],
        [`${ground.origin}/%6cocked/x.txt`, 403],
        [`${ground.origin}/hidden/x.txt`, 403],
        [`${ground.origin}/a/..%2flocked/x.txt`, 400],
        ['https://other.example/x.txt', 400],
        ['//other.example/x.txt', 400],
      ]
      for (const [destination, status] of expected) {
        const came = await copy(destination)
        must(came === status, `${status} for a copy to ${destination}`, came)
      }
      return `${expected.length} copies as decided`
    },
  }
}

/** The status. */
async function send(
  ground: Ground,
  version: '1.1' | '2',
  method: string,
  path: string,
  words: readonly string[] = [],
): Promise<number> {
  const to = ['--cacert', ground.ca.file, '--resolve', `${ground.host}:${ground.port}:127.0.0.1`, `--http${version}`]
  const cookie = ['-H', `Cookie: ${ground.people[0].cookie}`]
  const status = ['--silent', '--show-error', '-o', '/dev/null', '-w', '%{http_code}']
  const { stdout } = await succeed('curl', [
    ...status,
    ...cookie,
    ...to,
    ...words,
    '-X',
    method,
    `${ground.origin}${path}`,
  ])
  return Number(stdout)
}

async function startApache(host: string, folder: string) {
  const [port] = (await freePorts(1)) as [number]
  const at = (name: string): string => join(folder, name)
  const asRoot = process.getuid?.() === 0
  for (const name of ['www', 'www/direct', 'www/locked', 'www/hidden', 'lock']) await mkdir(at(name))
  await writeFile(
    at('apache.conf'),
    `ServerRoot ${folder}
ServerName ${host}
Listen 127.0.0.1:${port}
PidFile ${at('apache.pid')}
ErrorLog ${at('error.log')}
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
${asRoot ? 'User www-data\nGroup www-data' : ''}
DavLockDB ${at('lock/db')}
<VirtualHost *:${port}>
  ServerName ${host}
  ServerAlias 127.0.0.1
  DocumentRoot ${at('www')}
</VirtualHost>
<Directory ${at('www')}>
  Dav On
  DavDepthInfinity On
  DirectoryIndex disabled
  Require all granted
</Directory>
`,
  )
  if (asRoot) {
    const uid = Number((await succeed('id', ['-u', 'www-data'])).stdout)
    for (const name of ['www', 'www/direct', 'www/locked', 'www/hidden', 'lock']) await chown(at(name), uid, 0)
    await chmod(folder, 0o711)
  }
  const answers = async (): Promise<void> => void (await fetch(`http://127.0.0.1:${port}/`))
  const server = await serve('apache2', ['-f', at('apache.conf'), '-DFOREGROUND'], {}, answers)
  return { port, stop: () => server.stop() }
}
