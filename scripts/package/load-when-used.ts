// Plugin of the bundler that leaves libraries out of the bundle and loads each where a module that needs it first runs.

import type { Plugin } from 'rolldown'

const prefix = '\0when-used:'

/**
 * An `import` of a library outside the bundle would be at the top of the only file: every start would load it, and fail where
 * it is not installed.
 */
export function loadWhenUsed(libraries: readonly string[]): Plugin {
  return {
    name: 'load-when-used',
    resolveId(name, importer) {
      if (!libraries.includes(name)) return undefined
      return importer?.startsWith(prefix) ? { id: name, external: true } : prefix + name
    },
    load(id) {
      if (!id.startsWith(prefix)) return undefined
      return { code: `module.exports = require(${JSON.stringify(id.slice(prefix.length))})`, moduleType: 'js' }
    },
  }
}
