import { describe, expect, it } from '@jest/globals'
import type { SuccessRule } from '@hooklane/contracts/records'
import type { AttemptResult } from './attempt-result.js'
import { classifyStatus, parseRetryAfter } from './classify-response.js'

const NOW = Date.UTC(2026, 2, 2, 8, 0, 0)

describe('classifyStatus', () => {
  it.each<[number, string | null, SuccessRule, AttemptResult]>([
    [200, null, '2xx', { kind: 'accepted', status: 200 }],
    [299, null, '2xx', { kind: 'accepted', status: 299 }],
    [201, null, '200', { kind: 'rejected', status: 201 }],
    [202, null, [200, 202], { kind: 'accepted', status: 202 }],
    [204, null, [200, 202], { kind: 'rejected', status: 204 }],
    [301, null, '2xx', { kind: 'rejected', status: 301 }],
    [400, null, '2xx', { kind: 'rejected', status: 400 }],
    [408, null, '2xx', { kind: 'unreachable', status: 408, code: 'http_408' }],
    [410, null, '2xx', { kind: 'gone', status: 410 }],
    [425, '5', '2xx', { kind: 'unreachable', status: 425, code: 'http_425' }],
    [429, null, '2xx', { kind: 'unreachable', status: 429, code: 'http_429' }],
    [429, '5', '2xx', { kind: 'throttled', status: 429, retryAfterMs: 5_000 }],
    [429, 'soon', '2xx', { kind: 'unreachable', status: 429, code: 'http_429' }],
    [500, '5', '2xx', { kind: 'unreachable', status: 500, code: 'http_500' }],
    [503, 'Mon, 02 Mar 2026 08:00:30 GMT', '2xx', { kind: 'throttled', status: 503, retryAfterMs: 30_000 }],
    [999, null, '2xx', { kind: 'unreachable', status: 999, code: 'http_999' }],
    [101, null, '2xx', { kind: 'unreachable', status: 101, code: 'http_101' }],
    [42, null, '2xx', { kind: 'unreachable', status: 42, code: 'http_42' }],
  ])('%i with Retry-After %s under %j', (status, retryAfter, success, expected) => {
    expect(classifyStatus({ status, retryAfter, success, wallMs: NOW })).toEqual(expected)
  })
})

describe('parseRetryAfter', () => {
  it.each<[string, number | null]>([
    ['0', 0],
    [' 120 ', 120_000],
    ['99999999999999999999', Number.MAX_SAFE_INTEGER],
    ['Monday, 02-Mar-26 08:00:10 GMT', 10_000],
    ['Mon Mar  2 08:00:10 2026', 10_000],
    ['Mon, 02 Mar 2026 07:00:00 GMT', 0],
    ['-5', null],
    ['1.5', null],
    ['2026-03-02T08:00:10Z', null],
    ['Mon, 99 Foo 2026 08:00:10 GMT', null],
    ['', null],
  ])('%j', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected)
  })
})
