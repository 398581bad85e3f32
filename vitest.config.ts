import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

/** Where every byte counts: these are held by both fronts. */
const raw = [
  'test/forward/{http,chaos,tls}.test.ts',
  'test/gateway/accept.test.ts',
  'test/limits/accept.test.ts',
  'test/scenarios/bad-input.test.ts',
]

/** Data in, data out, nothing that one file could leave behind for another: they share what they have loaded. */
const pure = ['test/{policy,config,web,telemetry,devices}/**/*.test.ts']

/** Processes that tests start find here what those before them compiled. */
const compiled = fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

export default defineConfig({
  test: {
    pool: 'forks',
    // More than two cores need nothing of: many files wait for a lease, a pause or a browser most of their time.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default'],
    sequence: { sequencer: LongestFirst },
    env: { NODE_COMPILE_CACHE: compiled },
    projects: [
      { extends: true, test: { name: 'einlass', include: ['test/**/*.test.ts'], exclude: pure } },
      { extends: true, test: { name: 'pure', include: pure, isolate: false } },
      { extends: true, test: { name: 'http1: node', include: raw, env: { EINLASS_HTTP1: 'node' } } },
    ],
  },
})
