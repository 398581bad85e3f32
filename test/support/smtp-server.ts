// SMTP server for tests (RFC 5321): accepts mail, or misbehaves as configured.

import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { TestCertificate } from './certificates.ts'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** Header and body as received, with line ends `\n` and dots unstuffed. */
  readonly raw: string
  readonly encrypted: boolean
  readonly user: string | undefined
}

/** Deviations from correct behaviour; may be changed while it runs. */
export interface SmtpBehaviour {
  /** Replaces the greeting. */
  greeting?: 'silence' | 'drop' | string
  /** STARTTLS is offered with a certificate, unless set. */
  starttls?: 'hidden' | 'refused'
  /** Reply to MAIL FROM. */
  sender?: string
  /** Reply to RCPT TO. */
  recipient?: (address: string) => string | undefined
  /** After the message has begun, or instead of accepting it. */
  data?: 'drop' | 'silence' | string
  /** Required credentials. */
  credentials?: { readonly user: string; readonly password: string }
}

export interface SmtpServer {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** Connections so far. */
  readonly visits: number
  manners: SmtpBehaviour
  close(): Promise<void>
}

export async function startSmtpServer(certificate?: TestCertificate, port = 0): Promise<SmtpServer> {
  const mails: ReceivedMail[] = []
  const sockets = new Set<Socket>()
  let visits = 0
  const peer = {
    manners: {} as SmtpBehaviour,
    mails,
    get visits() {
      return visits
    },
    port: 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
  const server = createServer((socket) => {
    visits++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    const { greeting } = peer.manners
    if (greeting === 'drop') return void socket.destroy()
    if (greeting === 'silence') return
    socket.write(`${greeting ?? '220 peer.test ESMTP'}\r\n`)
    converse(socket, false)
  })

  function converse(socket: Socket, encrypted: boolean): void {
    const { manners } = peer
    let buffered = ''
    let inData = false
    let from = ''
    let to: string[] = []
    let user: string | undefined
    const say = (line: string): void => void socket.write(`${line}\r\n`)

    const command = (line: string): void => {
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'EHLO') {
        const offers = ['peer.test', 'SIZE 1000000', '8BITMIME']
        if (!encrypted && certificate !== undefined && manners.starttls !== 'hidden') offers.push('STARTTLS')
        if (manners.credentials !== undefined) offers.push('AUTH PLAIN')
        say(offers.map((offer, i) => `250${i === offers.length - 1 ? ' ' : '-'}${offer}`).join('\r\n'))
      } else if (line.toUpperCase() === 'STARTTLS') {
        if (certificate === undefined || manners.starttls !== undefined) return say('454 4.7.0 not now')
        say('220 go ahead')
        upgrade()
      } else if (verb === 'AUTH') {
        const [, name, password] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')
        const right = name === manners.credentials?.user && password === manners.credentials?.password
        user = right ? name : undefined
        say(right ? '235 2.7.0 welcome' : '535 5.7.8 no')
      } else if (verb === 'MAIL') {
        if (manners.credentials !== undefined && user === undefined) return say('530 5.7.0 sign in first')
        from = between(line)
        to = []
        say(manners.sender ?? '250 2.1.0 ok')
      } else if (verb === 'RCPT') {
        const reply = manners.recipient?.(between(line)) ?? '250 2.1.5 ok'
        if (reply.startsWith('2')) to.push(between(line))
        say(reply)
      } else if (verb === 'DATA') {
        inData = true
        say('354 go on')
      } else if (verb === 'QUIT') {
        say('221 bye')
        socket.end()
      } else say('250 ok')
    }

    const upgrade = (): void => {
      socket.removeAllListeners('data')
      const context = createSecureContext({
        cert: readFileSync(certificate!.cert),
        key: readFileSync(certificate!.key),
      })
      const secure = new TLSSocket(socket, { isServer: true, secureContext: context })
      secure.on('error', () => undefined)
      converse(secure, true)
    }

    socket.on('data', (chunk: Buffer) => {
      buffered += chunk.toString('utf8')
      for (;;) {
        if (inData) {
          if (manners.data === 'drop') return void socket.destroy()
          if (manners.data === 'silence') return
          const end = buffered.indexOf('\r\n.\r\n')
          if (end === -1) return
          const raw = buffered.slice(0, end).replaceAll('\r\n', '\n').replaceAll('\n..', '\n.')
          buffered = buffered.slice(end + 5)
          inData = false
          if (manners.data === undefined) mails.push({ from, to, raw, encrypted, user })
          say(manners.data ?? '250 2.0.0 taken')
          continue
        }
        const end = buffered.indexOf('\r\n')
        if (end === -1) return
        const line = buffered.slice(0, end)
        buffered = buffered.slice(end + 2)
        command(line)
      }
    })
  }

  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  peer.port = (server.address() as AddressInfo).port
  return peer
}

function between(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? ''
}
