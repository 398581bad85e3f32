// Runs one nginx process with one worker and all its files in one folder.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { need, wanted } from './packages.ts'
import { start, type Running } from './processes.ts'

/** `http`: content of the `http` block. Resolves once the worker runs. */
export function startNginx(folder: string, core: string | undefined, name: string, http: string): Promise<Running> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${name}-${kind};`,
  )
  // Started by root, workers would switch to a user that cannot read the temporary folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const file = join(folder, `${name}.conf`)
  writeFileSync(
    file,
    `${user}
worker_processes 1;
pid ${folder}/${name}.pid;
error_log stderr notice;
events { worker_connections 8192; }
http { keepalive_requests 1000000000; ${temporary.join(' ')} ${http} }
`,
  )
  return start(core, need(wanted.nginx), ['-p', folder, '-c', file, '-g', 'daemon off;'], /start worker process/)
}
