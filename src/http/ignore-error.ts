// No-op listener for `error` events of sockets and streams whose `close` event is handled instead.

/** An `error` event without a listener would end the process. */
export function ignoreError(): void {}
