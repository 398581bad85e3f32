// docs/reference/admin-api.md: the endpoints of the admin socket, from its route tables.

import { routes } from '../../src/server/management/api/routes.ts'
import type { ApiRoute } from '../../src/server/management/api/response.ts'
import { code, heading, table } from './markdown.ts'

export function adminApiReference(): string {
  const names = Object.keys(routes) as (keyof typeof routes)[]
  return [
    heading('Admin API', 'the route tables of the admin socket'),
    'HTTP on the unix socket `gateway.admin_socket`, mode 0600. The permissions of that file are the access control: who can',
    'open it is an administrator, and the audit records the actor as `admin socket`. The',
    '[commands](cli.md) `sessions`, `grants`, `requests`, `review`, `emergency` and `status` use this API.',
    '',
    '```sh',
    'curl --unix-socket /run/einlass/admin.sock http://einlass/grants?limit=10',
    'curl --unix-socket /run/einlass/admin.sock http://einlass/sessions/end --json \'{"user": "erika@example.com"}\'',
    '```',
    '',
    '- **Input** is a JSON object of at most 64 KB in the body, or the query. Other fields than those listed are ignored.',
    '- **Output** is JSON; a key without a value is `null`. Times are epoch milliseconds, durations milliseconds.',
    '- **Errors** are `{"error": "one line"}`: 400 for input that is wrong or an act that is not possible, 404 for an unknown',
    '  endpoint or object, 503 when the store does not answer (nothing was changed), no worker serves, or the request failed',
    '  (the log says why).',
    '',
    table(
      ['endpoint', 'purpose'],
      names.map((name) => [`[${code(name)}](#${anchor(name)})`, routes[name]!.describes]),
    ),
    ...names.map((name) => sectionOf(name, routes[name]!)),
  ].join('\n')
}

function sectionOf(name: string, { describes, input, output, errors }: ApiRoute): string {
  const fields = Object.entries(input).map(([field, meaning]) => [code(field), meaning])
  return [
    `## ${name}`,
    '',
    describes,
    '',
    fields.length === 0 ? 'Input: none.\n' : table(['input', 'type and meaning'], fields),
    `Output: ${output}.`,
    '',
    ...Object.entries(errors).map(([status, when]) => `- ${status}: ${when}.`),
    ...(Object.keys(errors).length === 0 ? [] : ['']),
  ].join('\n')
}

/** As code hosts make anchors of headings. */
function anchor(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}
