// Schema of `console`: roles of the admin pages, and the interval of access reviews.

import { z } from 'zod'
import { duration, later, name, oneOrMore } from './values.ts'

const roles = z
  .strictObject({
    viewer: oneOrMore(name)
      .optional()
      .describe('Names under `roles`: may view the register of external access and the access reviews.'),
    operator: later('roles that may act for other users.'),
    admin: oneOrMore(name)
      .optional()
      .describe('Names under `roles`: may also review and end access, and sign reviews.'),
  })
  .describe('Roles and their permissions. For all other users these pages do not exist (404).')
  .meta({ 'x-examples': [{ viewer: ['auditors'], admin: ['it_managers'] }] })

export const consoleShape = z
  .strictObject({
    roles: roles.optional(),
    policy: later('rules as for an app.'),
    review_every: duration
      .optional()
      .describe('Interval within which the access to each app must be reviewed.')
      .meta({ 'x-default': '180d' }),
  })
  .describe('Admin pages of the gateway: `/admin/external` and `/admin/reviews`.')
