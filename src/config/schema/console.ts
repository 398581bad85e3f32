// `console`: who may look at, and review, what everybody else may do.

import { z } from 'zod'
import { duration, later, name, oneOrMore } from './values.ts'

const roles = z
  .strictObject({
    viewer: oneOrMore(name)
      .optional()
      .describe('Names under `roles`: may see the register of external access and the reviews.'),
    operator: later('who may act for others.'),
    admin: oneOrMore(name).optional().describe('Names under `roles`: may also review access, end it, and sign.'),
  })
  .describe('Who may do what there. Nobody else finds these pages.')
  .meta({ 'x-examples': [{ viewer: ['auditors'], admin: ['it_managers'] }] })

export const consoleShape = z
  .strictObject({
    roles: roles.optional(),
    policy: later('rules as for an app.'),
    review_every: duration
      .optional()
      .describe('How often who may reach an app has to be reviewed.')
      .meta({ 'x-default': '180d' }),
  })
  .describe('Pages for those who answer for access: `/admin/external` and `/admin/reviews` of the gateway.')
