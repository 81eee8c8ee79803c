import { describe, expect, it } from '@jest/globals'
import { SOURCE } from '../shop-source.fixture.js'
import { pinConfiguration, unpinConfiguration } from './pinned-configuration.js'

describe('a pinned configuration', () => {
  it('holds no address of the database, and comes back with that of today', () => {
    const pinned = pinConfiguration({ ...SOURCE, database: 'postgres://u:secret@db/pim' })
    expect(JSON.stringify(pinned)).not.toContain('secret')
    const moved = {
      ...SOURCE,
      database: 'postgres://other/pim',
      slot: 'other',
      publication: 'other',
      accept: ['gap-1a2b3c4d'],
      tables: [],
    }
    const stored = JSON.parse(JSON.stringify(pinned)) as typeof pinned
    expect(unpinConfiguration(stored, moved)).toEqual({
      ...SOURCE,
      database: moved.database,
      slot: 'other',
      publication: 'other',
      accept: ['gap-1a2b3c4d'],
    })
  })

  it('is not read when its form is unknown', () => {
    expect(unpinConfiguration({ ...pinConfiguration(SOURCE), form: 99 }, SOURCE)).toBeNull()
    expect(unpinConfiguration({}, SOURCE)).toBeNull()
  })

  it('is the same for the same meaning, whatever else changes', () => {
    expect(
      pinConfiguration({ ...SOURCE, database: 'postgres://elsewhere/x', slot: 's2', accept: ['gap-1a2b3c4d'] }),
    ).toEqual(pinConfiguration(SOURCE))
    expect(pinConfiguration({ ...SOURCE, timezone: 'Europe/Oslo' })).not.toEqual(pinConfiguration(SOURCE))
  })
})
