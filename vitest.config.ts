import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { TestSequencer } from './test/support/sequencer.ts'

/** Tests of raw bytes: both HTTP/1 implementations must pass them. */
const raw = [
  'test/proxy/{app-settings,repeated-fields,forward-request,pinned-connections,random-failures,upstream-tls,websocket}.test.ts',
  'test/http/server/{listener,timeouts}.test.ts',
  'test/scenarios/bad-input.test.ts',
]

/** Tests of data and of parts over a store, without state that one file could leave behind for another: they share loaded modules. */
const pure = [
  'test/{policy,config,web,telemetry,devices,grants,net,async}/**/*.test.ts',
  'test/identity/{session,users}/**/*.test.ts',
]

/** Several pages, hosts and sessions in Chromium: `npm run test:browser`. */
export const slowInBrowser: readonly string[] = [
  'test/cross-site/**/*.test.ts',
  'test/browser/{demo*,accessibility,menu,init,guests,approval-on-a-phone}.test.ts',
]

/** Compile cache of the processes that tests start. */
const compiled = fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

export default defineConfig({
  test: {
    pool: 'forks',
    // More than the two cores of a small machine: many files wait for a lease, a pause or a browser most of their time.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default'],
    sequence: { sequencer: TestSequencer },
    env: { NODE_COMPILE_CACHE: compiled },
    // `npm run test:coverage`. Gateways that tests start as processes of their own do not count: what the scenarios and the
    // laboratories run through `gateway` comes on top.
    coverage: {
      provider: 'v8',
      include: ['src/{policy,gateway,http,identity}/**/*.ts'],
      reporter: ['text-summary'],
      // Lines and branches in percent, a little under what is reached.
      thresholds: {
        'src/policy/**': { lines: 96, branches: 95 },
        'src/identity/**': { lines: 96, branches: 89 },
        'src/http/**': { lines: 92, branches: 75 },
        'src/gateway/**': { lines: 50, branches: 50 },
      },
    },
    projects: [
      {
        extends: true,
        test: { name: 'einlass', include: ['test/**/*.test.ts'], exclude: [...pure, ...slowInBrowser] },
      },
      { extends: true, test: { name: 'pure', include: pure, isolate: false } },
      { extends: true, test: { name: 'http1: node', include: raw, env: { EINLASS_HTTP1: 'node' } } },
    ],
  },
})
