// Schema of the objects that rules refer to by name: schedules, roles, device postures; and of the posture sources.

import { z } from 'zod'
import { date, duration, filePath, name, oneOrMore, text, timeOfDay } from './values.ts'

export const schedule = z
  .strictObject({
    days: oneOrMore(
      z
        .string()
        .regex(
          /^(mon|tue|wed|thu|fri|sat|sun)(\.\.(mon|tue|wed|thu|fri|sat|sun))?$/,
          'expected mon, tue, wed, thu, fri, sat, sun, or a range such as mon..fri',
        ),
    )
      .optional()
      .describe('Weekdays on which the window starts. Not with `rrule`.')
      .meta({ 'x-default': 'mon..sun', 'x-examples': [['mon..fri']] }),
    from: timeOfDay.optional().describe('Start, wall-clock time.'),
    to: timeOfDay
      .optional()
      .describe(
        'End, wall-clock time; at or before `from` it is on the next day. Required unless there is an `rrule`.',
      ),
    rrule: text
      .optional()
      .describe(
        'Days on which the window starts, as a recurrence rule of RFC 5545: `FREQ` (`DAILY`, `WEEKLY`, `MONTHLY`, `YEARLY`), `INTERVAL`, `BYMONTH`, `BYMONTHDAY`, `BYDAY`, `BYSETPOS`, `COUNT`, `UNTIL`, `WKST`. Replaces `days` and `to`.',
      )
      .meta({ 'x-examples': ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'] }),
    duration: duration
      .optional()
      .describe('Length of each window of an `rrule`, in elapsed time. Required with `rrule`.')
      .meta({ 'x-examples': ['4h'] }),
    start: date
      .optional()
      .describe(
        'No window of the `rrule` starts before this date. Required with `INTERVAL` and `COUNT`, which count from it.',
      )
      .meta({ 'x-examples': ['2026-01-01'] }),
    tz: text
      .optional()
      .describe('Time zone, IANA name.')
      .meta({ 'x-default': 'UTC', 'x-examples': ['Europe/Berlin'] }),
    except: z
      .array(date)
      .optional()
      .describe('Dates on which no window starts.')
      .meta({ 'x-examples': [['2026-12-24']] }),
    ics: oneOrMore(filePath)
      .optional()
      .describe(
        'iCalendar files: no window starts on the date of an all-day event (holidays). Reloaded when they change.',
      )
      .meta({ 'x-examples': ['holidays.ics'] }),
  })
  .meta({ required: ['from'] })
  .describe('Recurring time window, weekly or by a recurrence rule.')

export const posture = z
  .strictObject({
    compliant: z
      .union([z.literal(true), z.literal('any')], { error: 'expected true or any' })
      .optional()
      .describe(
        'Verdict of the source. `true`: a source states that the device is compliant; unknown does not pass. `any`: the verdict is ignored.',
      )
      .meta({ 'x-prose': 'unknown passes, not compliant does not' }),
    managed: z
      .literal(true, { error: 'expected true (leave it out when it is not required)' })
      .optional()
      .describe('Managed by the organisation.'),
    disk_encrypted: z
      .literal(true, { error: 'expected true (leave it out when it is not required)' })
      .optional()
      .describe('Disk is encrypted.'),
    firewall: z
      .literal(true, { error: 'expected true (leave it out when it is not required)' })
      .optional()
      .describe('Firewall is on.'),
    screen_lock: z
      .literal(true, { error: 'expected true (leave it out when it is not required)' })
      .optional()
      .describe('Screen lock is on.'),
    antivirus: z.enum(['present', 'healthy']).optional().describe('Antivirus installed, or installed and up to date.'),
    os: z
      .record(
        z.string().regex(/^[a-z][a-z0-9_-]*$/, 'expected a lower-case name such as windows'),
        z
          .string({ error: 'expected a version in quotes, such as "14.6"' })
          .regex(/^\d+(\.\d+)*$/, 'expected a version in quotes, such as "14.6"'),
      )
      .optional()
      .describe('Minimum version by operating system; systems not listed are not accepted.')
      .meta({ 'x-examples': [{ windows: '10.0.22631', macos: '14.6' }] }),
    risk_at_most: z.enum(['low', 'medium', 'high', 'critical']).optional().describe('Maximum risk of the device.'),
    max_age: duration.optional().describe('Maximum age of the posture facts.').meta({ 'x-default': '24h' }),
    when_unknown: z
      .enum(['deny', 'read_only'])
      .optional()
      .describe('Access of a device without known posture.')
      .meta({ 'x-default': 'deny' }),
  })
  .describe('Requirements for a device. An unknown attribute never meets a requirement.')

export const deviceSource = z
  .strictObject({
    kind: z
      .enum(['trusted_header', 'signed_jwt', 'client_certificate', 'inventory', 'fleet', 'intune', 'http'])
      .optional()
      .describe(
        'Available: `trusted_header`, `signed_jwt`, `inventory`. The others are rejected as not available yet.',
      ),
    name: name.optional().describe('Shown in audit events.').meta({ 'x-prose': 'the kind' }),
    style: z
      .enum(['einlass', 'xfcc', 'rfc9440', 'nginx'])
      .optional()
      .describe('`trusted_header`: header format. Available: `einlass`.')
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
      .describe("`trusted_header`: maximum difference between the signature's time and the gateway's clock.")
      .meta({ 'x-default': '60s' }),
    keys: filePath
      .optional()
      .describe('`signed_jwt`: JWK Set file with the public keys of the devices; `kid` identifies the device.'),
    file: filePath.optional().describe('`inventory`: YAML or CSV file, reloaded when it changes.'),
  })
  .meta({ required: ['kind'] })
  .describe('Source of device posture facts. Unauthenticated headers are ignored.')

export const role = z
  .strictObject({
    groups: oneOrMore(text).optional().describe('Provider groups whose members have the role.'),
    users: oneOrMore(text).optional().describe('E-mail addresses, or `provider|sub`.'),
  })
  .describe('Local role, in addition to the groups of the provider.')
