// Vitest of `npm run test:browser`: tests in Chromium that take too long for `npm test`.

import { defineConfig } from 'vitest/config'
import { slowInBrowser } from '../../vitest.config.ts'

export default defineConfig({
  test: {
    include: [...slowInBrowser],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
})
