// The demo's applications by name: host, upstream and policy are looked up by these.

export const appNames = ['wiki', 'payroll', 'machines', 'servers'] as const

export type AppName = (typeof appNames)[number]
