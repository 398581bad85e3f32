// Reads a provider's page of the documentation: the commands it tells the reader to run, and the configuration it gives.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const docs = join(import.meta.dirname, '..', '..', 'docs')

export type Mapping = Readonly<Record<string, unknown>>

export interface DocumentedPage {
  /** Path below `docs`, for messages. */
  readonly page: string
  /** Shell commands of all blocks marked `sh run`, in order. */
  readonly commands: string
  /** Configuration of the provider itself, of the block marked `yml`; undefined when there is none. */
  readonly provider: Mapping | undefined
  /** First YAML block with an `identity` section; where a page has several, the complete one (with `gateway`) is taken. */
  readonly configuration: Mapping
}

/**
 * `issuer`: of the configuration to take, where a page has several. `replace`: text of the page and what stands in its place in the test, such as an origin that resolves here. Throws when the
 * page lacks one of them: the page and the test would have drifted apart.
 */
export function documentedPage(
  page: string,
  { replace = {}, issuer }: { readonly replace?: Readonly<Record<string, string>>; readonly issuer?: string },
): DocumentedPage {
  let text = readFileSync(join(docs, page), 'utf8')
  for (const [written, used] of Object.entries(replace)) {
    if (!text.includes(written)) throw new Error(`docs/${page} does not contain ${written}`)
    text = text.replaceAll(written, used)
  }
  const blocks = [...text.matchAll(/^ *```([^\n]*)\n([^]*?)^ *```/gm)].map(([, about, inner]) => ({ about, inner }))
  const configurations = blocks
    .filter(({ about }) => about === 'yaml')
    .map(({ inner }) => parse(inner!) as Mapping)
    .filter((one) => one['identity'] !== undefined)
    .filter((one) => issuer === undefined || (one['identity'] as Mapping)['issuer'] === issuer)
  const configuration = configurations.find((one) => one['gateway'] !== undefined) ?? configurations[0]
  if (configuration === undefined)
    throw new Error(`docs/${page} contains no configuration${issuer === undefined ? '' : ` for ${issuer}`}`)
  const provider = blocks.find(({ about }) => about === 'yml')?.inner
  return {
    page,
    commands: blocks
      .filter(({ about }) => about === 'sh run')
      .map(({ inner }) => inner!)
      .join('\n'),
    provider: provider === undefined ? undefined : (parse(provider) as Mapping),
    configuration,
  }
}
