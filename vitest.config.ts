import { defineConfig } from 'vitest/config'

/** Where every byte counts: these are held by both fronts. */
const raw = [
  'test/forward/{http,chaos,tls}.test.ts',
  'test/gateway/accept.test.ts',
  'test/limits/accept.test.ts',
  'test/scenarios/bad-input.test.ts',
]

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default'],
    projects: [
      { extends: true, test: { name: 'einlass', include: ['test/**/*.test.ts'] } },
      { extends: true, test: { name: 'front: node', include: raw, env: { EINLASS_FRONT: 'node' } } },
    ],
  },
})
