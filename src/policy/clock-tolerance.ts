// Tolerated difference between the clock of this machine and that of a peer that states times: one value everywhere.

/** Milliseconds. */
export const clockTolerance = 60_000
