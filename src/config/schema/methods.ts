// Schema of `methods` and `destination_scheme` of an app, and of the name of a method.

import { z } from 'zod'

export const method = z
  .string()
  .max(32, 'is too long')
  .regex(/^[A-Z][A-Z0-9_-]*$/, 'expected a method in capital letters, such as GET')

export const methodsShape = {
  methods: z
    .union([z.enum(['http', 'webdav', 'all']), z.array(method).min(1, 'expected at least one method')], {
      error: 'expected http, webdav, all or a list of methods',
    })
    .optional()
    .describe(
      'HTTP methods the app accepts; others are answered 501. `http`: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS. `webdav`: also those of WebDAV, its versioning, access control, search and calendars, and QUERY. `all`: any in capital letters but CONNECT, TRACE and TRACK. See [WebDAV](../guides/applications/webdav.md).',
    )
    .meta({ 'x-default': 'http', 'x-examples': ['webdav', ['GET', 'HEAD', 'POST', 'QUERY']] }),
  destination_scheme: z
    .enum(['upstream', 'public'])
    .optional()
    .describe(
      'Scheme that `Destination` and tagged `If` lists name at the app (WebDAV). `upstream`: that of `to`, as Apache expects it. `public`: that of `from`, for apps that believe `X-Forwarded-Proto`, such as Radicale.',
    )
    .meta({ 'x-default': 'upstream' }),
}
