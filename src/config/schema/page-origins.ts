// Schema of the pages besides an app's own that may send it requests or show it in a frame.

import { later, oneOrMore, text } from './values.ts'

const url = text.describe('Origin: scheme, host and port.')

export const originsShape = {
  trusted_origins: oneOrMore(url)
    .optional()
    .describe(
      "Origins besides the app's own whose pages may send writes (all methods but GET, HEAD and OPTIONS), WebSocket handshakes and CORS preflights. Requests from other pages are refused (403, `origin_not_allowed`).",
    )
    .meta({ 'x-examples': [['https://app.example.com']] }),
  websocket_origins: oneOrMore(text)
    .optional()
    .describe(
      'Further origins allowed to open WebSockets. `none` admits handshakes without `Origin`, as clients send them that are no browsers.',
    )
    .meta({ 'x-examples': [['https://board.example.com', 'none']] }),
  cross_site_posts: later('paths that accept form posts from other sites, such as SAML responses.'),
  embeds: later('apps that may show this app in a frame.'),
  frame_ancestors: later('origins whose pages may show this app in a frame.'),
}
