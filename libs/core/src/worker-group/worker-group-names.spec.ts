import { describe, expect, it } from '@jest/globals'
import { WorkerGroupName } from '@hooklane/contracts/records'
import fc from 'fast-check'
import { dedicatedGroupName } from './worker-group-names.js'

const appIds = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$/)
const epochs = fc.integer({ min: 1, max: 99_999 })

describe('the name of a dedicated group', () => {
  it.each([
    ['app_shop', 1, 0, 'dedicated-app-shop-1'],
    ['app_shop', 12, 0, 'dedicated-app-shop-12'],
    ['app_shop', 12, 3, 'dedicated-app-shop-12r3'],
    ['Shop.Two~', 1, 0, 'dedicated-shop-two--1'],
  ])('of %s in epoch %i, when %i were given up, is %s', (id, epoch, abandoned, name) => {
    expect(dedicatedGroupName({ id, epoch, abandoned })).toBe(name)
  })

  it('is never that of another epoch of the app, nor of a group that was given up, however long the id', () => {
    const incarnations = fc.record({ epoch: epochs, abandoned: fc.nat(99_999) })
    fc.assert(
      fc.property(appIds, incarnations, incarnations, (id, one, other) => {
        fc.pre(one.epoch !== other.epoch || one.abandoned !== other.abandoned)
        expect(dedicatedGroupName({ id, ...one })).not.toBe(dedicatedGroupName({ id, ...other }))
      }),
    )
  })

  it('always fits into names of topics, consumer groups and workloads', () => {
    fc.assert(
      fc.property(appIds, epochs, fc.nat(99_999), (id, epoch, abandoned) => {
        const name = dedicatedGroupName({ id, epoch, abandoned })
        expect(name.length).toBeLessThanOrEqual(52)
        expect(name).toMatch(new RegExp(WorkerGroupName.pattern ?? 'none'))
      }),
    )
  })
})
