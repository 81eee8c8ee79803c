import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decodeTimestamp, decodeTimestamptz } from './decode-instant.js'
import { isTimezone } from './time-zone.js'

describe('timestamptz', () => {
  it.each([
    ['2026-03-02 08:15:04+00', '2026-03-02T08:15:04Z'],
    ['2026-03-02 08:15:04.211+00', '2026-03-02T08:15:04.211Z'],
    ['2026-03-02 08:15:04.123456+00', '2026-03-02T08:15:04.123456Z'],
    ['2026-03-02 00:15:04.1+05:30', '2026-03-01T18:45:04.1Z'],
    ['2025-12-31 23:00:00-03', '2026-01-01T02:00:00Z'],
    ['1890-01-01 00:19:32+00:19:32', '1890-01-01T00:00:00Z'],
    ['0050-06-01 00:00:00+00', '0050-06-01T00:00:00Z'],
    ['0044-03-15 12:00:00+00 BC', '-000043-03-15T12:00:00Z'],
    ['12026-03-02 08:15:04+00', '+012026-03-02T08:15:04Z'],
    ['294276-12-31 23:59:59+00', '294276-12-31 23:59:59+00'],
    ['infinity', 'infinity'],
    ['-infinity', '-infinity'],
    ['2026-03-02 08:15:04', '2026-03-02 08:15:04'],
  ])('%s is %s', (text, expected) => {
    expect(decodeTimestamptz(text)).toBe(expected)
  })

  it('is the same instant for whoever parses it', () => {
    const range = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(range), (date) => {
        const text = `${date.toISOString().replace('T', ' ').replace('Z', '')}+00`
        expect(new Date(decodeTimestamptz(text))).toEqual(date)
      }),
    )
  })
})

describe('timestamp', () => {
  it.each([
    ['2026-03-02 08:15:04.211', 'UTC', '2026-03-02T08:15:04.211Z'],
    ['2026-01-15 12:00:00', 'Europe/Oslo', '2026-01-15T11:00:00Z'],
    ['2026-07-15 12:00:00.123456', 'Europe/Oslo', '2026-07-15T10:00:00.123456Z'],
    ['2026-01-15 12:00:00', 'Asia/Kolkata', '2026-01-15T06:30:00Z'],
    ['2026-01-15 20:00:00', 'America/New_York', '2026-01-16T01:00:00Z'],
    ['2026-03-29 01:59:59', 'Europe/Oslo', '2026-03-29T00:59:59Z'],
    ['2026-03-29 03:00:00', 'Europe/Oslo', '2026-03-29T01:00:00Z'],
    ['2026-10-25 01:59:59', 'Europe/Oslo', '2026-10-24T23:59:59Z'],
    ['2026-10-25 03:00:00', 'Europe/Oslo', '2026-10-25T02:00:00Z'],
    ['infinity', 'Europe/Oslo', 'infinity'],
    ['2026-01-15 12:00:00+00', 'UTC', '2026-01-15 12:00:00+00'],
    ['294276-12-31 23:59:59', 'Europe/Oslo', '294276-12-31 23:59:59'],
  ])('%s in %s is %s', (text, timezone, expected) => {
    expect(decodeTimestamp(text, timezone)).toBe(expected)
  })

  it('an hour that spring skips is read with the offset before the change', () => {
    expect(decodeTimestamp('2026-03-29 02:30:00', 'Europe/Oslo')).toBe('2026-03-29T01:30:00Z')
    expect(decodeTimestamp('2026-03-08 02:30:00', 'America/New_York')).toBe('2026-03-08T07:30:00Z')
  })

  it('an hour that autumn repeats is the second one', () => {
    expect(decodeTimestamp('2026-10-25 02:30:00', 'Europe/Oslo')).toBe('2026-10-25T01:30:00Z')
    expect(decodeTimestamp('2026-11-01 01:30:00', 'America/New_York')).toBe('2026-11-01T06:30:00Z')
  })

  it('shows on the clocks of its zone what the column held', () => {
    const zones = ['Europe/Oslo', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu']
    const range = { min: new Date('1990-01-01T00:00:00Z'), max: new Date('2040-01-01T00:00:00Z'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(range), fc.constantFrom(...zones), (date, timeZone) => {
        const wall = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(
          date,
        )
        const instant = new Date(decodeTimestamp(wall, timeZone))
        // A repeated hour has two instants; otherwise it is the very one.
        const apart = Math.abs(instant.getTime() - Math.floor(date.getTime() / 1000) * 1000)
        expect([0, 30 * 60_000, 60 * 60_000]).toContain(apart)
        expect(
          new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(instant),
        ).toBe(wall)
      }),
    )
  })
})

it('knows which time zones there are', () => {
  expect(['UTC', 'Europe/Oslo', 'Etc/GMT+3'].every(isTimezone)).toBe(true)
  expect(isTimezone('Mars/Olympus')).toBe(false)
})
