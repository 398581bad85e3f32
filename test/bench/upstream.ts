// Upstream of all contenders: nginx with files of known sizes, and a sink for bodies.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startNginx } from './nginx-process.ts'
import type { Running } from './processes.ts'

const sizes = [1_000, 64_000, 1_000_000, 10_000_000] as const

/** `/1000` returns so many bytes; `/sink` reads a whole body before it responds. */
export function startUpstream(folder: string, core: string | undefined, port: number): Promise<Running> {
  const files = join(folder, 'www')
  mkdirSync(files)
  for (const size of sizes) writeFileSync(join(files, String(size)), 'x'.repeat(size))
  const sink = `client_max_body_size 0; client_body_buffer_size 16m; proxy_method GET; proxy_set_body ""; proxy_pass_request_headers off; proxy_pass http://127.0.0.1:${port}/1000;`
  const server = `server { listen 127.0.0.1:${port} backlog=1024; root ${files}; default_type text/html; location = /sink { ${sink} } }`
  return startNginx(
    folder,
    core,
    'upstream',
    `access_log off; sendfile on; open_file_cache max=10 inactive=1h; ${server}`,
  )
}
