import { describe, expect, it } from '@jest/globals'
import { VALUE_SETTINGS, withSessionSettings } from './value-settings.js'

const given = (url: string) => withSessionSettings(url, { datestyle: 'ISO,MDY', timezone: 'UTC' })
const OURS = '-c datestyle=ISO,MDY -c timezone=UTC'

describe('a connection URL with session settings', () => {
  it.each([
    ['postgres://u:p@h:5432/db', OURS],
    ['postgres://u:p@h/db?', OURS],
    ['postgres://u:p@h/db?sslmode=require&application_name=x', OURS],
    ['postgres://u:p@h/db?options=-c%20work_mem%3D4MB', `-c work_mem=4MB  ${OURS}`],
    ['postgres://u:p@h/db?options=-c+datestyle=German&sslmode=require', `-c datestyle=German  ${OURS}`],
    ['postgres://u:p@h/db?options=-c+a.b=1&options=-c+a.b=2', `-c a.b=2  ${OURS}`],
    ['postgres://u:p@h/db?options=-c+a.b=1%5C#note', `-c a.b=1\\  ${OURS}`],
    ['postgres://u:p@/db?host=/var/run/postgresql', OURS],
  ])('%s has the options %j', (url, options) => {
    const extended = new URL(given(url).replace('@/', '@h/'))
    expect(extended.searchParams.getAll('options').at(-1)).toBe(options)
    const before = new URL(url.replace('@/', '@h/'))
    for (const name of new Set(before.searchParams.keys())) {
      if (name !== 'options') expect(extended.searchParams.get(name)).toBe(before.searchParams.get(name))
    }
    expect([extended.host, extended.username, extended.password, extended.pathname, extended.hash]).toEqual([
      before.host,
      before.username,
      before.password,
      before.pathname,
      before.hash,
    ])
  })

  it('holds nothing that has to be escaped: drivers escape a URL with stray blanks once more', () => {
    expect(withSessionSettings('postgres://h/db', VALUE_SETTINGS)).toMatch(/^postgres:\/\/h\/db\?options=[-+\w=.,]+$/)
  })
})
