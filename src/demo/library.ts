// `oidc-provider`, loaded without the line it prints about the runtime.

import { unmute } from './library-warning.ts'
import { Provider } from 'oidc-provider'

unmute()

export { Provider }
