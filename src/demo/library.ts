// Loads `oidc-provider` without its warning about the Node release.

import { unmute } from './library-warning.ts'
import { Provider } from 'oidc-provider'

unmute()

export { Provider }
