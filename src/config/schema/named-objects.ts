// What rules refer to by name: schedules, roles, device postures; and where posture facts come from.

import { z } from 'zod'
import { date, duration, filePath, name, oneOrMore, text, timeOfDay } from './values.ts'

export const schedule = z
  .strictObject({
    days: oneOrMore(
      z
        .string()
        .regex(
          /^(mon|tue|wed|thu|fri|sat|sun)(\.\.(mon|tue|wed|thu|fri|sat|sun))?$/,
          'expected mon, tue, wed, thu, fri, sat, sun, or a span such as mon..fri',
        ),
    )
      .optional()
      .describe('Days on which the window begins. Not with `rrule`.')
      .meta({ 'x-default': 'mon..sun', 'x-examples': [['mon..fri']] }),
    from: timeOfDay.optional().describe('Beginning, wall clock.'),
    to: timeOfDay
      .optional()
      .describe(
        'End, wall clock; at or before `from` it is that time on the next day. Required unless there is an `rrule`.',
      ),
    rrule: text
      .optional()
      .describe(
        'Days on which the window begins, as a recurrence rule of RFC 5545: `FREQ` (`DAILY`, `WEEKLY`, `MONTHLY`, `YEARLY`), `INTERVAL`, `BYMONTH`, `BYMONTHDAY`, `BYDAY`, `BYSETPOS`, `COUNT`, `UNTIL`, `WKST`. In place of `days` and `to`.',
      )
      .meta({ 'x-examples': ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'] }),
    duration: duration
      .optional()
      .describe('Length of each window of an `rrule`, in elapsed time. Required with `rrule`.')
      .meta({ 'x-examples': ['4h'] }),
    start: date
      .optional()
      .describe(
        'No window of the `rrule` begins before this date. `INTERVAL` and `COUNT` are counted from it, and need it.',
      )
      .meta({ 'x-examples': ['2026-01-01'] }),
    tz: text
      .optional()
      .describe('Time zone by name.')
      .meta({ 'x-default': 'UTC', 'x-examples': ['Europe/Berlin'] }),
    except: z
      .array(date)
      .optional()
      .describe('Dates on which no window begins.')
      .meta({ 'x-examples': [['2026-12-24']] }),
    ics: oneOrMore(filePath)
      .optional()
      .describe(
        'iCalendar files: no window begins on a day of a whole-day event in them (holidays). Read again when they change.',
      )
      .meta({ 'x-examples': ['holidays.ics'] }),
  })
  .meta({ required: ['from'] })
  .describe('A window of time that repeats, weekly or by a recurrence rule.')

export const posture = z
  .strictObject({
    managed: z
      .literal(true, { error: 'expected true (leave it out when it is not required)' })
      .optional()
      .describe('Managed by the organisation.'),
    disk_encrypted: z
      .literal(true, { error: 'expected true (leave it out when it is not required)' })
      .optional()
      .describe('Disk encrypted.'),
    firewall: z
      .literal(true, { error: 'expected true (leave it out when it is not required)' })
      .optional()
      .describe('Firewall on.'),
    screen_lock: z
      .literal(true, { error: 'expected true (leave it out when it is not required)' })
      .optional()
      .describe('Screen lock on.'),
    antivirus: z
      .enum(['present', 'healthy'])
      .optional()
      .describe('Virus protection installed, or installed and up to date.'),
    os: z
      .record(
        z.string().regex(/^[a-z][a-z0-9_-]*$/, 'expected a name in small letters, such as windows'),
        z
          .string({ error: 'expected a version in quotes, such as "14.6"' })
          .regex(/^\d+(\.\d+)*$/, 'expected a version in quotes, such as "14.6"'),
      )
      .optional()
      .describe('Oldest version accepted, by system; systems not listed are not accepted.')
      .meta({ 'x-examples': [{ windows: '10.0.22631', macos: '14.6' }] }),
    risk_at_most: z
      .enum(['low', 'medium', 'high', 'critical'])
      .optional()
      .describe('Highest risk the device may have.'),
    max_age: duration.optional().describe('How old what is known may be.').meta({ 'x-default': '24h' }),
    when_unknown: z
      .enum(['deny', 'read_only'])
      .optional()
      .describe('What a device may do of which nothing is known.')
      .meta({ 'x-default': 'deny' }),
  })
  .describe('What a device must be. What is unknown never passes.')

export const deviceSource = z
  .strictObject({
    kind: z
      .enum(['trusted_header', 'signed_jwt', 'client_certificate', 'inventory', 'fleet', 'intune', 'http'])
      .optional()
      .describe('Available: `trusted_header`, `signed_jwt`, `inventory`. The others are refused as not available yet.'),
    name: name.optional().describe('Shown in the audit.').meta({ 'x-prose': 'the kind' }),
    style: z
      .enum(['einlass', 'xfcc', 'rfc9440', 'nginx'])
      .optional()
      .describe('`trusted_header`: which headers. Available: `einlass`.')
      .meta({ 'x-default': 'einlass' }),
    networks: oneOrMore(text)
      .optional()
      .describe('`trusted_header`: CIDRs, or names under `networks`, of the proxies that may send the headers.'),
    secret: text
      .optional()
      .describe(
        '`trusted_header`: key of the signature `X-Device-Signature`, at least 32 characters; a secret reference.',
      )
      .meta({ 'x-examples': ['env:DEVICE_SECRET'] }),
    tolerance: duration
      .optional()
      .describe("`trusted_header`: how far the signature's time may be from ours.")
      .meta({ 'x-default': '60s' }),
    keys: filePath
      .optional()
      .describe('`signed_jwt`: JWK Set file with the public keys of the devices; `kid` is the device.'),
    file: filePath.optional().describe('`inventory`: YAML or CSV file, read again when it changes.'),
  })
  .meta({ required: ['kind'] })
  .describe('Where posture facts come from. A plain header proves nothing.')

export const role = z
  .strictObject({
    groups: oneOrMore(text).optional().describe('Groups of the provider whose members have the role.'),
    users: oneOrMore(text).optional().describe('E-mail addresses, or `provider|sub`.'),
  })
  .describe('Local role on top of the groups of the provider.')
