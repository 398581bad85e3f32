// The applications of `npm run test:apps`, in the order of its table.

import type { Application } from './application.ts'
import { dockerRegistry } from './applications/docker-registry.ts'
import { dokuWiki } from './applications/dokuwiki.ts'
import { expressNtlm } from './applications/express-ntlm.ts'
import { gitHttpBackend } from './applications/git-http-backend.ts'
import { jupyterLab } from './applications/jupyterlab.ts'
import { mediaWiki } from './applications/mediawiki.ts'
import { grpcJs } from './applications/grpc.ts'
import { modAuthGssapi } from './applications/mod-auth-gssapi.ts'
import { modDav } from './applications/mod-dav.ts'
import { nodeRed } from './applications/node-red.ts'
import { noVnc } from './applications/novnc.ts'
import { prometheus } from './applications/prometheus.ts'
import { radicale } from './applications/radicale.ts'
import { saml } from './applications/saml.ts'
import { serviceWorker } from './applications/service-worker.ts'
import { severalHosts } from './applications/several-hosts.ts'
import { shellinabox } from './applications/shellinabox.ts'
import { socketIo } from './applications/socket-io.ts'
import { streamlit } from './applications/streamlit.ts'
import { tomcat } from './applications/tomcat.ts'
import { tus } from './applications/tus.ts'
import { verdaccio } from './applications/verdaccio.ts'

export const applications: readonly Application[] = [
  expressNtlm,
  modAuthGssapi,
  modDav,
  grpcJs,
  gitHttpBackend,
  dockerRegistry,
  shellinabox,
  noVnc,
  tomcat,
  dokuWiki,
  mediaWiki,
  radicale,
  jupyterLab,
  streamlit,
  nodeRed,
  socketIo,
  verdaccio,
  tus,
  serviceWorker,
  severalHosts,
  prometheus,
  saml,
]
