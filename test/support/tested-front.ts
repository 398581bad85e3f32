// Which front the tests are about: `EINLASS_FRONT=node npm test` runs all of them against Node's instead of our own.

export const testedFront: 'node' | 'direct' = process.env['EINLASS_FRONT'] === 'node' ? 'node' : 'direct'
