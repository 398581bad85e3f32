// Names of the demo's applications.

export const appNames = ['wiki', 'payroll', 'machines', 'servers'] as const

export type AppName = (typeof appNames)[number]
