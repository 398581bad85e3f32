// Apache as server of CGI programs and PHP, with a configuration of its own.

import { chmod, writeFile } from 'node:fs/promises'
import { readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../src/demo/listen.ts'
import { debianVersion, listening, serve, succeed, type Server } from './programs.ts'

const modules = '/usr/lib/apache2/modules'
const always = ['authn_core', 'authz_core', 'alias', 'dir', 'mime', 'env', 'setenvif', 'rewrite']

export interface Apache extends Server {
  readonly origin: string
  readonly version: string
}

export const apacheNeeds = ['apache2', `${modules}/mod_cgid.so`]

/** Of the newest installed PHP; a path that does not exist when there is none. */
export function phpModule(): string {
  const found = existsSync(modules) ? readdirSync(modules).filter((name) => /^libphp[\d.]*\.so$/.test(name)) : []
  return join(modules, found.toSorted().at(-1) ?? 'libphp.so')
}

/** `directives`: of the server, such as `DocumentRoot`. `owned`: folders that its processes write to. */
export async function startApache(
  folder: string,
  { directives, php = false, owned = [] }: { directives: string; php?: boolean; owned?: readonly string[] },
): Promise<Apache> {
  const [port] = (await freePorts(1)) as [number]
  const at = (name: string): string => join(folder, name)
  const asRoot = process.getuid?.() === 0
  const loaded = [php ? 'mpm_prefork' : 'mpm_event', 'cgid', ...always]
  await writeFile(
    at('apache.conf'),
    `ServerRoot ${folder}
ServerName apache.localhost
Listen 127.0.0.1:${port}
PidFile ${at('apache.pid')}
ErrorLog ${at('error.log')}
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
${php ? `LoadModule php_module ${phpModule()}\n<FilesMatch "\\.php$">\n  SetHandler application/x-httpd-php\n</FilesMatch>` : ''}
${asRoot ? 'User www-data\nGroup www-data' : ''}
ScriptSock ${at('cgi.sock')}
TypesConfig /etc/mime.types
DirectoryIndex index.php index.html
<Directory />
  AllowOverride None
  Require all granted
</Directory>
${directives}
`,
  )
  await chmod(folder, 0o711)
  if (asRoot) for (const one of owned) await succeed('chown', ['-R', 'www-data:www-data', one])
  const origin = `http://127.0.0.1:${port}`
  const server = await serve('apache2', ['-f', at('apache.conf'), '-DFOREGROUND'], {}, () => listening(port))
  return { origin, version: await debianVersion('apache2'), stop: () => server.stop() }
}
