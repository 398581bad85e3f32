// Schedules in the configuration: weekly windows, recurrence rules, iCalendar exceptions, and their problems.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { loadConfiguration } from '../../../src/config/load/load.ts'
import { windowAt } from '../../../src/policy/schedule/window.ts'
import { env, folder, marked, problems, smallest, valid, validTogether, warnings } from '../config-fixtures.ts'

const named = (schedule: string): string => `${smallest}schedules:\n  s: ${schedule}\n`
const monthEnd = 'rrule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", from: "13:00", duration: 4h'

/** All-day events with CRLF line ends, among unsupported components. */
const calendar = (...events: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//Test//EN', ...events, 'END:VCALENDAR', ''].join('\r\n')
const event = (...lines: string[]): string => ['BEGIN:VEVENT', 'UID:1@test', ...lines, 'END:VEVENT'].join('\r\n')
const holiday = (date: string, ...lines: string[]): string => event(`DTSTART;VALUE=DATE:${date}`, ...lines)

test('builds a weekly schedule; a range of days may wrap around the weekend', async () => {
  const text = '{ days: [fri..mon], from: "22:00", to: "06:00", tz: Europe/Berlin, except: [2026-12-24] }'
  expect((await valid(named(text))).schedules.get('s')).toEqual({
    name: 's',
    days: [1, 5, 6, 7],
    from: 1320,
    to: 360,
    timeZone: 'Europe/Berlin',
    except: ['2026-12-24'],
  })
})

describe('a schedule with a recurrence rule', () => {
  test('is built completely', async () => {
    const text = `{ ${monthEnd}, tz: Europe/Berlin, start: 2026-01-01, except: [2026-12-31] }`
    expect((await valid(named(text))).schedules.get('s')).toEqual({
      name: 's',
      days: [],
      from: 780,
      to: 0,
      timeZone: 'Europe/Berlin',
      except: ['2026-12-31'],
      recurrence: {
        rule: {
          frequency: 'monthly',
          interval: 1,
          byMonth: [],
          byMonthDay: [],
          byDay: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, ordinal: undefined })),
          bySetPos: [-1],
          count: undefined,
          until: undefined,
          weekStart: 1,
        },
        start: '2026-01-01',
        duration: 4 * 3_600_000,
      },
    })
  })

  test.each([
    ['from is required', '¶s: { rrule: "FREQ=DAILY", duration: 1h }', 'from is missing'],
    ['duration is required', '¶s: { rrule: "FREQ=DAILY", from: "08:00" }', 'duration is missing'],
    ['to is required for a weekly schedule', '¶s: { from: "08:00" }', 'to is missing'],
    ['days with a rule', 's: { ¶days: [mon], rrule: "FREQ=DAILY", from: "08:00", duration: 1h }', 'not with rrule'],
    ['to with a rule', 's: { rrule: "FREQ=DAILY", from: "08:00", ¶to: "09:00", duration: 1h }', 'not with rrule'],
    ['duration without a rule', 's: { from: "08:00", to: "09:00", ¶duration: 1h }', 'only with rrule'],
    ['start without a rule', 's: { from: "08:00", to: "09:00", ¶start: 2026-01-01 }', 'only with rrule'],
    ['a duration of 0s', 's: { rrule: "FREQ=DAILY", from: "08:00", duration: ¶0s }', 'from 1s to 366d'],
    ['a duration beyond a year', 's: { rrule: "FREQ=DAILY", from: "08:00", duration: ¶367d }', 'from 1s to 366d'],
    ['24:00 as start', 's: { rrule: "FREQ=DAILY", from: ¶"24:00", duration: 1h }', 'write "00:00"'],
    [
      'an invalid start date',
      's: { rrule: "FREQ=DAILY", from: "08:00", duration: 1h, start: ¶2026-02-30 }',
      'no such date',
    ],
    ['a rule that is a list', 's: { rrule: ¶[FREQ=DAILY], from: "08:00", duration: 1h }', 'expected a text'],
    ['an unknown part', 's: { rrule: ¶"FREQ=DAILY;BYDAYS=MO", from: "08:00", duration: 1h }', 'unknown part BYDAYS'],
    [
      'an unsupported part',
      's: { rrule: ¶"FREQ=DAILY;BYHOUR=9", from: "08:00", duration: 1h }',
      'BYHOUR is not supported',
    ],
    ['a contradiction', 's: { rrule: ¶"FREQ=WEEKLY;BYDAY=2MO", from: "08:00", duration: 1h }', 'BYDAY with a number'],
    ['INTERVAL without start', 's: { rrule: ¶"FREQ=DAILY;INTERVAL=2", from: "08:00", duration: 1h }', 'requires start'],
    ['COUNT without start', 's: { rrule: ¶"FREQ=DAILY;COUNT=2", from: "08:00", duration: 1h }', 'requires start'],
    ['a week without a day', 's: { rrule: ¶"FREQ=WEEKLY", from: "08:00", duration: 1h }', 'which day of the week'],
    [
      'a month without a day',
      's: { rrule: ¶"FREQ=YEARLY;BYMONTH=3", from: "08:00", duration: 1h }',
      'which day of the month',
    ],
    ['a year without a day', 's: { rrule: ¶"FREQ=YEARLY", from: "08:00", duration: 1h }', 'which day of the year'],
    [
      'UNTIL before the start',
      's: { rrule: ¶"FREQ=DAILY;UNTIL=20251231", from: "08:00", duration: 1h, start: 2026-01-01 }',
      'UNTIL is before',
    ],
  ])('%s', async (_name, text, message) => {
    const { text: clean, at } = marked(`${smallest}schedules:\n  ${text}\n`)
    const found = await problems(clean)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${at}: schedules\\.s[.:]`))
    expect(found[0]).toContain(message)
  })

  test('reports all problems at once', async () => {
    const found = await problems(
      named('{ rrule: "FREQ=HOURLY;BYFOO=1", from: "08:00", to: "09:00", tz: Europe/Berlim }'),
    )
    expect(found.map((one) => one.replace(/^[\d:]+ schedules\.s\.?/, '').slice(0, 24))).toEqual([
      ': duration is missing',
      'rrule: FREQ is DAILY, WE',
      'rrule: unknown part BYFO',
      'to: not with rrule: use ',
      'tz: unknown time zone (e',
    ])
  })

  test.each([
    [
      'never opens',
      '{ rrule: ¶"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", from: "08:00", duration: 1h }',
      'not open within ten years',
    ],
    [
      'opens too late',
      '{ rrule: ¶"FREQ=DAILY", from: "08:00", duration: 1h, start: 2200-01-01 }',
      'not open within ten years',
    ],
    ['is over', '{ rrule: ¶"FREQ=DAILY;UNTIL=20200101", from: "08:00", duration: 1h }', 'never opens again'],
    [
      'is exhausted',
      '{ rrule: ¶"FREQ=DAILY;COUNT=3", from: "08:00", duration: 1h, start: 2020-01-01 }',
      'never opens again',
    ],
  ])('warns if it %s', async (_name, text, message) => {
    const { text: clean, at } = marked(named(text))
    const found = await warnings(clean)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${at}: schedules\\.s\\.rrule: `))
    expect(found[0]).toContain(message)
  })

  test('does not warn if it opens next month', async () => {
    expect(await warnings(named(`{ ${monthEnd} }`))).toEqual([])
  })

  test('is compared in words', async () => {
    const rule = (duration: string): string =>
      named(`{ rrule: "FREQ=MONTHLY;BYDAY=-1FR", from: "13:00", duration: ${duration} }`).replace(
        'groups: [staff]',
        'groups: [staff], schedule: s',
      )
    expect(compareConfigurations(...(await validTogether(rule('4h'), rule('90m'))))).toEqual([
      'wiki: schedule s is FREQ=MONTHLY;BYDAY=-1FR 13:00 for 90m UTC, except none (before: FREQ=MONTHLY;BYDAY=-1FR 13:00 for 4h UTC, except none)',
    ])
  })
})

describe('a calendar file', () => {
  const weekly = (more: string): string => named(`{ from: "08:00", to: "18:00", ${more} }`)
  const holidays = (content: string, more = 'ics: holidays.ics') => valid(weekly(more), { 'holidays.ics': content })

  test('yields the days on which no window starts', async () => {
    const content = calendar(
      holiday('20991224', 'SUMMARY:Heiligabend\\, ganz', 'DTEND;VALUE=DATE:20991227', 'TRANSP:TRANSPARENT'),
      holiday('20991231', 'DURATION:P1D'),
      holiday('21000101', 'SUMMARY:a title that is so long that it goes on', ' \tin the next line: BEGIN:VEVENT'),
      event('DTSTART;X-NOTE="a;b:c";VALUE=DATE:21000106', 'EXDATE;VALUE=DATE:21000501,21000502'),
      holiday('20990101', 'RRULE:FREQ=YEARLY', 'STATUS:CANCELLED'),
      'BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY\r\nEND:STANDARD\r\nEND:VTIMEZONE',
      event('DTSTART;VALUE=DATE:21001003', 'BEGIN:VALARM', 'TRIGGER:-PT15M', 'DURATION:PT5M', 'END:VALARM'),
    )
    const { schedules } = await holidays(content, 'except: [2099-11-01, 2099-12-24], ics: [holidays.ics]')
    expect(schedules.get('s')!.except).toEqual([
      '2099-11-01',
      '2099-12-24',
      '2099-12-25',
      '2099-12-26',
      '2099-12-31',
      '2100-01-01',
      '2100-01-06',
      '2100-05-01',
      '2100-05-02',
      '2100-10-03',
    ])
  })

  test('accepts LF line ends, several calendars, several files and a byte order mark', async () => {
    const content = `\uFEFF${calendar(holiday('20991224'))}${calendar(holiday('20991225'))}`.replaceAll('\r', '')
    const { schedules } = await valid(weekly('ics: [a.ics, b.ics]'), {
      'a.ics': content,
      'b.ics': calendar(holiday('20991226')),
    })
    expect(schedules.get('s')!.except).toEqual(['2099-12-24', '2099-12-25', '2099-12-26'])
  })

  test('also applies to a recurrence rule', async () => {
    const text = named(`{ ${monthEnd}, tz: Europe/Berlin, ics: holidays.ics }`)
    const schedule = (await valid(text, { 'holidays.ics': calendar(holiday('20991231')) })).schedules.get('s')!
    const inDecember = Temporal.Instant.from('2099-12-01T00:00:00Z').epochMilliseconds
    const next = Temporal.Instant.fromEpochMilliseconds(windowAt(schedule, inDecember).edge).toString()
    expect(next).toBe('2100-01-29T12:00:00Z')
  })

  test('is watched, and changes the policy version', async () => {
    const path = await folder({
      'einlass.yaml': weekly('ics: holidays.ics'),
      'holidays.ics': calendar(holiday('20991224')),
    })
    const file = join(path, 'einlass.yaml')
    const read = async () => {
      const loaded = await loadConfiguration({ file, env })
      if (loaded.state === 'invalid') throw new Error('invalid')
      return loaded.configuration
    }
    const before = await read()
    expect(before.watched).toContain(join(path, 'holidays.ics'))
    const content = await readFile(join(path, 'holidays.ics'), 'utf8')
    await writeFile(join(path, 'holidays.ics'), content.replace('20991224', '20991225'))
    const after = await read()
    expect(after.schedules.get('s')!.except).toEqual(['2099-12-25'])
    expect(after.hash).not.toBe(before.hash)
  })

  test.each([
    ['no content', '', 'line 1 of the file: the file contains no calendar'],
    ['no calendar', 'hello', 'line 1 of the file: not a line of an iCalendar file'],
    ['another component', 'BEGIN:VEVENT\nEND:VEVENT', 'line 1 of the file: expected BEGIN:VCALENDAR'],
    ['a line outside', 'X:1', 'line 1 of the file: expected BEGIN:VCALENDAR'],
    ['a missing END', 'BEGIN:VCALENDAR\nVERSION:2.0\n', 'line 2 of the file: the file ends inside a component'],
    ['an END of another component', 'BEGIN:VCALENDAR\nEND:VEVENT\n', 'line 2 of the file: END without its BEGIN'],
    ['an event in an event', calendar('BEGIN:VEVENT', 'BEGIN:VEVENT'), 'line 5 of the file: VEVENT must be directly'],
    [
      'a repeating event',
      calendar(holiday('20991224', 'RRULE:FREQ=YEARLY')),
      'line 7 of the file: recurring events are not',
    ],
    [
      'more dates',
      calendar(holiday('20991224', 'RDATE;VALUE=DATE:20991225')),
      'line 7 of the file: recurring events are not',
    ],
    [
      'a changed instance',
      calendar(holiday('20991224', 'RECURRENCE-ID;VALUE=DATE:20991225')),
      'line 7 of the file: recurring events are not',
    ],
    ['an event without a day', calendar(event('SUMMARY:x')), 'line 4 of the file: the event has no DTSTART'],
    ['a time of day', calendar(event('DTSTART:20991224T120000Z')), 'line 6 of the file: only all-day events are'],
    ['a date without VALUE=DATE', calendar(event('DTSTART:20991224')), 'line 6 of the file: only all-day events are'],
    ['a date that does not exist', calendar(holiday('20990230')), 'line 6 of the file: only all-day events are'],
    [
      'an end with a time',
      calendar(holiday('20991224', 'DTEND:20991225T120000Z')),
      'line 7 of the file: only all-day events are',
    ],
    [
      'an end that is not after',
      calendar(holiday('20991224', 'DTEND;VALUE=DATE:20991224')),
      'line 7 of the file: DTEND must be after',
    ],
    [
      'an event of years',
      calendar(holiday('20991224', 'DTEND;VALUE=DATE:29991224')),
      'line 7 of the file: event of more than 366 days',
    ],
    [
      'a length in hours',
      calendar(holiday('20991224', 'DURATION:PT4H')),
      'line 7 of the file: only all-day events are',
    ],
    [
      'an end and a length',
      calendar(holiday('20991224', 'DURATION:P1D', 'DTEND;VALUE=DATE:20991225')),
      'exclude each other',
    ],
    [
      'two beginnings',
      calendar(holiday('20991224', 'DTSTART;VALUE=DATE:20991225')),
      'line 7 of the file: duplicate DTSTART',
    ],
    [
      'an exception with a time',
      calendar(holiday('20991224', 'EXDATE:20991225T120000Z')),
      'line 7 of the file: only all-day events are',
    ],
    ['more than a calendar', `${'x'.repeat(1024 * 1024)}\n`, 'larger than 1 MB'],
  ])('with %s is rejected', async (_name, content, message) => {
    const { text, at } = marked(weekly('ics: [ok.ics, ¶holidays.ics]'))
    const found = await problems(text, { 'holidays.ics': content, 'ok.ics': calendar(holiday('20991224')) })
    expect(found).toEqual([expect.stringContaining(`${at}: schedules.s.ics[1]: `)])
    expect(found[0]).toContain(message)
  })

  test('that is missing, or written as a secret, is rejected', async () => {
    const missing = marked(weekly('ics: ¶missing.ics'))
    expect(await problems(missing.text)).toEqual([
      expect.stringContaining(`${missing.at}: schedules.s.ics: the file cannot be read (ENOENT)`),
    ])
    expect((await problems(weekly('ics: file:holidays.ics')))[0]).toContain('this is a path already')
  })

  test.each([
    [
      'whose days are all in the past',
      calendar(holiday('20201224')),
      'outdated: the last day in the file is 2020-12-24',
    ],
    ['without any', calendar(), 'no all-day event'],
  ])('%s causes a warning', async (_name, content, message) => {
    const { text, at } = marked(weekly('ics: ¶holidays.ics'))
    const found = await warnings(text, { 'holidays.ics': content })
    expect(found).toEqual([expect.stringMatching(new RegExp(`^${at}: schedules\\.s\\.ics: .*${message}`))])
  })
})
