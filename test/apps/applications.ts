// The applications of `npm run test:apps`, in the order of its table.

import type { Application } from './application.ts'
import { expressNtlm } from './applications/express-ntlm.ts'
import { grpcJs } from './applications/grpc.ts'
import { modAuthGssapi } from './applications/mod-auth-gssapi.ts'

export const applications: readonly Application[] = [expressNtlm, modAuthGssapi, grpcJs]
