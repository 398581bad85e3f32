// Argument that makes a process a worker; only the supervisor gives it, together with an IPC channel.

export const workerArgument = '--worker'
