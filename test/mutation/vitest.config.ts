// Vitest of mutation testing: the test files that count for one room.

import { defineConfig } from 'vitest/config'
import { roomVariable, roomNamed } from './rooms.ts'

const room = roomNamed(process.env[roomVariable])
if (room === undefined) throw new Error(`${roomVariable} names no room`)

export default defineConfig({
  test: {
    include: [...room.tests],
    exclude: [...room.excluded],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ['test/mutation/short-tests.ts'],
    provide: { long: room.long },
    isolate: room.isolate,
    env: room.env,
  },
})
