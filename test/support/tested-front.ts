// Which front the tests are about: `EINLASS_FRONT=direct npm test` runs all of them against our own.

export const testedFront: 'node' | 'direct' = process.env['EINLASS_FRONT'] === 'direct' ? 'direct' : 'node'
