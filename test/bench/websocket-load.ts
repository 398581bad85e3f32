// WebSocket load generator: every connection sends a message, waits for its echo, and repeats. A process of its own.

import { WebSocket } from 'ws'

const [url, headers, count, seconds] = [
  process.argv[2]!,
  JSON.parse(process.argv[3]!) as Record<string, string>,
  Number(process.argv[4]),
  Number(process.argv[5]),
]
const text = 'x'.repeat(125)
const clients = await Promise.all(
  Array.from(
    { length: count },
    () =>
      new Promise<WebSocket>((resolve, reject) => {
        const client = new WebSocket(url, { headers, perMessageDeflate: false, handshakeTimeout: 10_000 })
        client.once('open', () => resolve(client))
        client.once('error', reject)
        client.once('unexpected-response', (_request, answer) => reject(new Error(`refused: ${answer.statusCode}`)))
      }),
  ),
)
let messages = 0
let lost = 0
const times: number[] = []
for (const client of clients) {
  let sentAt = 0
  const send = (): void => {
    sentAt = performance.now()
    client.send(text)
  }
  client.on('message', () => {
    messages++
    if (messages % 8 === 0) times.push(performance.now() - sentAt)
    send()
  })
  client.on('close', () => lost++)
  client.on('error', () => {})
  client.on('open', send)
}
process.stdout.write('ready\n')
process.stdin.once('data', () => {
  for (const client of clients) client.emit('open')
  setTimeout(() => {
    times.sort((a, b) => a - b)
    const [p50, p99] = [0.5, 0.99].map((part) => times[Math.floor(times.length * part)])
    process.stdout.write(`${JSON.stringify({ messages, lost, p50, p99 })}\n`, () => process.exit(0))
  }, seconds * 1000)
})
