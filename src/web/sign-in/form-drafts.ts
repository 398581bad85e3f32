// Keeps a form draft on the server during sign-in or step-up, so that no content travels in a URL.

import type { WebDependencies } from '../kit/dependencies.ts'

export type DraftFields = Readonly<Record<string, string>>

type DraftDependencies = Pick<WebDependencies, 'signIn' | 'config'>

/**
 * Stores the fields for 15 minutes, encrypted, under a random id, as a return context that leads to the portal if it is
 * followed. Rejects with `StoreUnreachable`.
 */
export async function keepDraft(deps: DraftDependencies, typed: DraftFields): Promise<string> {
  const { gateway } = deps.config()
  const encoded = Buffer.from(JSON.stringify(typed)).toString('base64url')
  const { origin, host } = gateway
  const context = { origin, host, app: undefined, stepUp: undefined, provider: undefined }
  const { id } = await deps.signIn.createReturnContext({ ...context, target: `${prefix}${encoded}` }, undefined)
  return id
}

/** Only prefills a form, which the user then submits or not. Rejects with `StoreUnreachable`. */
export async function findDraft(deps: DraftDependencies, id: string | undefined): Promise<DraftFields | undefined> {
  if (id === undefined || !/^[\w-]{1,64}$/.test(id)) return undefined
  const returnContext = await deps.signIn.returnContext(id)
  if (returnContext?.host !== deps.config().gateway.host || !returnContext.target.startsWith(prefix)) return undefined
  return JSON.parse(Buffer.from(returnContext.target.slice(prefix.length), 'base64url').toString('utf8')) as DraftFields
}

const prefix = '/?kept='
