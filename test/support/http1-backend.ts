// Selects the HTTP/1 server and client under test: `EINLASS_HTTP1=node npm test` uses Node's instead of the native ones.

export const http1Backend: 'node' | 'einlass' = process.env['EINLASS_HTTP1'] === 'node' ? 'node' : 'einlass'
