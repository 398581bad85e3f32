// Schema of the pages besides an app's own that may send it requests or show it in a frame.

import { conditions } from './conditions.ts'
import { name, oneOrMore, text } from './values.ts'

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
  cross_site_posts: conditions.shape.paths
    .describe(
      'Paths that forms of any other website may be posted to, such as SAML responses and returns of payment providers: exact, or prefixes with a trailing `*`. A page of ours sends the form again from the host of the app, so that it comes with the session of the user; up to 256 KB, without files. The app must authenticate the content.',
    )
    .meta({ 'x-examples': [['/saml/acs']] }),
  embeds: oneOrMore(name)
    .optional()
    .describe(
      "Apps that pages of this app show in frames. A user without a session there is signed in in the frame, unless that app's `frame_ancestors` says otherwise.",
    )
    .meta({ 'x-examples': [['dashboards']] }),
  frame_ancestors: oneOrMore(url)
    .optional()
    .describe(
      'Origins besides its own whose pages may show this app in a frame while the user has to sign in, and may show our pages on its hosts. It does not change the frame headers of the app itself.',
    )
    .meta({ 'x-prose': 'apps that list this one in `embeds`', 'x-examples': [['https://portal.example.com']] }),
}
