// Plugins of Stryker: ignores texts for people, and checks a sample of the mutants only.

import { CheckStatus, type Checker } from '@stryker-mutator/api/check'
import type { Ignorer } from '@stryker-mutator/api/ignore'
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin'
import { sampleOf } from './sample.ts'

/** Variables by which the runner hands a sample to the process of the checker: number of mutants, and seed. */
export const sampleVariable = 'EINLASS_MUTATION_SAMPLE'
export const seedVariable = 'EINLASS_MUTATION_SEED'

/** The part of a Babel path that is looked at. */
interface Path {
  readonly node: { readonly type: string }
  readonly parent?: { readonly type: string; readonly callee?: Callee }
}

interface Callee {
  readonly name?: string
  readonly object?: Callee
  readonly property?: Callee
}

/** Messages of the log and of errors. An error's `code` is not one of them: callers decide on it. */
const texts: Ignorer = {
  shouldIgnore: (path) => {
    const { node, parent } = path as Path
    if (node.type !== 'StringLiteral' && node.type !== 'TemplateLiteral') return undefined
    if (parent?.type === 'NewExpression' && /^(?:Type|Range)?Error$/.test(parent.callee?.name ?? ''))
      return 'error text'
    const log = parent?.callee?.object
    const logs = parent?.type === 'CallExpression' && (log?.name ?? log?.property?.name) === 'log'
    return logs ? 'log text' : undefined
  },
}

/** All mutants come in one group, so that the size of a sample is exact. */
const sample: Checker = {
  init: async () => undefined,
  group: async (mutants) => [mutants.map(({ id }) => id)],
  check: async (mutants) => {
    const chosen = sampleOf(
      mutants,
      Number(process.env[sampleVariable]),
      Number(process.env[seedVariable]),
      process.cwd(),
    )
    const resultOf = (id: string) =>
      chosen.has(id)
        ? { status: CheckStatus.Passed as const }
        : { status: CheckStatus.CompileError as const, reason: 'not in the sample' }
    return Object.fromEntries(mutants.map(({ id }) => [id, resultOf(id)]))
  },
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'texts', texts),
  declareValuePlugin(PluginKind.Checker, 'sample', sample),
]
