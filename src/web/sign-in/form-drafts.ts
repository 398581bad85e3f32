// What somebody typed into a form, kept on the server and not in a URL while they sign in or prove a second factor.

import type { WebDependencies } from '../kit/dependencies.ts'

export type DraftFields = Readonly<Record<string, string>>

type DraftDependencies = Pick<WebDependencies, 'signIn' | 'config'>

/**
 * For 15 minutes, sealed, under an id nobody can guess: as a journey of its own, which leads to the portal should
 * anybody set out on it. Rejects with `StoreUnreachable`.
 */
export async function keepDraft(parts: DraftDependencies, typed: DraftFields): Promise<string> {
  const { gateway } = parts.config()
  const kept = Buffer.from(JSON.stringify(typed)).toString('base64url')
  const { origin, host } = gateway
  const nowhere = { origin, host, app: undefined, stepUp: undefined, provider: undefined }
  const { id } = await parts.signIn.createReturnContext({ ...nowhere, target: `${prefix}${kept}` }, undefined)
  return id
}

/** It only fills a form again: whoever sends that still decides what is sent. Rejects with `StoreUnreachable`. */
export async function findDraft(parts: DraftDependencies, id: string | undefined): Promise<DraftFields | undefined> {
  if (id === undefined || !/^[\w-]{1,64}$/.test(id)) return undefined
  const returnContext = await parts.signIn.returnContext(id)
  if (returnContext?.host !== parts.config().gateway.host || !returnContext.target.startsWith(prefix)) return undefined
  return JSON.parse(Buffer.from(returnContext.target.slice(prefix.length), 'base64url').toString('utf8')) as DraftFields
}

const prefix = '/?kept='
