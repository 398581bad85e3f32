// Types of a command: its input and output streams, and its exit code.

export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

export type Command = (args: readonly string[], io: Io) => Promise<number>
