// Which HTTP/1 server and client the tests run against: `EINLASS_HTTP1=node npm test` takes Node's instead of our own.

export const testedFront: 'node' | 'einlass' = process.env['EINLASS_HTTP1'] === 'node' ? 'node' : 'einlass'
