// Listener for `error` events that do nothing but show as the close of a socket or stream.

/** Node ends the process at an `error` event without a listener. */
export function ignoreError(): void {}
