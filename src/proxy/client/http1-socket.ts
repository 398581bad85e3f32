// Events of an upstream socket while it belongs to a connection; detached, it can be handed over.

import type { Socket } from 'node:net'
import { ignoreError } from '../../http/ignore-error.ts'

export interface SocketEvents {
  connected(): void
  data(bytes: Buffer): void
  drain(): void
  ended(): void
  closed(): void
  failed(error: Error): void
}

/** Returns the function that detaches: none of these is called afterwards. An error listener stays for good. */
export function attachSocket(
  socket: Socket,
  connectedEvent: 'connect' | 'secureConnect',
  events: SocketEvents,
): () => void {
  const onConnected = (): void => events.connected()
  const onData = (bytes: Buffer): void => events.data(bytes)
  const onDrain = (): void => events.drain()
  const onEnd = (): void => events.ended()
  const onClose = (): void => events.closed()
  const onError = (error: Error): void => events.failed(error)
  socket.on('error', ignoreError)
  socket.once(connectedEvent, onConnected)
  socket.on('error', onError).on('data', onData).on('drain', onDrain).on('end', onEnd).on('close', onClose)
  return () => {
    socket.off(connectedEvent, onConnected).off('error', onError).off('data', onData)
    socket.off('drain', onDrain).off('end', onEnd).off('close', onClose)
  }
}
