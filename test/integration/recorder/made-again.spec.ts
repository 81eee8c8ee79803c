import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import { TenantDatabase, type Tables } from '@hooklane/postgres/tenancy'
import { eventually } from '@hooklane/testing'
import type { ServiceProcess } from '../support/service-process.js'
import { RecorderWorld } from './recorder-world.js'

const WITHIN = { withinMs: 45_000 }

describe('a recorder, of companies that are deleted and made again', () => {
  let world: RecorderWorld
  let recorder: ServiceProcess
  let tenants: TenantDatabase
  beforeAll(async () => {
    world = await RecorderWorld.create()
    tenants = new TenantDatabase({ url: world.database.url, role: 'hooklane_service' })
    recorder = await world.start()
  })
  afterAll(async () => {
    await tenants.close()
    await world.close()
  })

  const asOperator = <R>(work: (tables: Tables) => Promise<R>) => tenants.transaction({ kind: 'operator' }, work)
  const make = (company: string) => asOperator(({ identities }) => identities.beginCompany(company))
  const end = (company: string) => asOperator(({ identities }) => identities.endCompany(company))
  const erase = async (company: string) => {
    while (await asOperator(({ deliveryLog }) => deliveryLog.erase(company)));
    await asOperator(({ identities }) => identities.markErased(company))
  }
  const of = (companyId: string, record: OutgoingRecord) => {
    const value = JSON.parse(String(record.value)) as object
    return { ...record, value: JSON.stringify({ ...value, companyId }) }
  }
  /** One of each kind. */
  const everyKind = (app: string, sequence: number) => [
    world.attempt(app, sequence, 1),
    world.settlement(app, sequence, 'deadLettered', 'http_422'),
    world.deadLetter(app, sequence),
  ]
  let probes = 0
  /** Waits until what was published before is recorded: of the same partition, by the same key. */
  const recorded = async (app: string) => {
    const sequence = 1_000 + ++probes
    await world.publish(
      of('cmp_probe', world.delivered(app, sequence, 1)),
      of('cmp_probe', world.deadLetter(app, sequence)),
    )
    await eventually(async () => expect(await rowsOf('cmp_probe')).toEqual(Array(3).fill(probes)), WITHIN)
  }
  /** Deliveries, attempts and dead letters of the company. */
  const rowsOf = async (company: string) => {
    const count = async (table: string) => {
      const rows = await world.database.query(`SELECT FROM hooklane.${table} WHERE company_id = $1`, [company])
      return rows.length
    }
    return [await count('delivery'), await count('attempt'), await count('dead_letter')]
  }

  it('records nothing more of a company that was deleted, whatever comes late', async () => {
    await make('cmp_1')
    await world.publish(...everyKind('late', 1))
    await eventually(async () => expect(await rowsOf('cmp_1')).toEqual([1, 2, 1]), WITHIN)
    await end('cmp_1')
    await world.publish(...everyKind('late', 1), ...everyKind('late', 2))
    await recorded('late')
    expect(await rowsOf('cmp_1')).toEqual([1, 2, 1])
    await erase('cmp_1')
    await world.publish(...everyKind('late', 3))
    await recorded('late')
    expect(await rowsOf('cmp_1')).toEqual([0, 0, 0])
    expect(await recorder.metric('log_left_out_records_total')).toBe(9)
  })

  it('shows a company that was made again its own deliveries, and never one of its predecessor', async () => {
    expect(await make('cmp_1')).toBe(2)
    const own = [...everyKind('late', 5), world.delivered('late', 6, 1)].map((record) => world.ofIncarnation(2, record))
    await world.publish(...everyKind('late', 4), ...own, ...everyKind('late', 3))
    await recorded('late')
    await world.publish(...everyKind('late', 1))
    await recorded('late')
    const rows = await world.database.query<{ sequence: number }>(
      `SELECT sequence::int FROM hooklane.delivery WHERE company_id = 'cmp_1' ORDER BY sequence`,
    )
    expect(rows.map(({ sequence }) => sequence)).toEqual([5, 6])
    expect(await rowsOf('cmp_1')).toEqual([2, 3, 1])
    expect(world.quarantined()).toEqual([])
  })

  it('lets a deletion wait for the batch that is being written, so that everything of it is removed', async () => {
    await make('cmp_3')
    const blocker = await world.database.transaction()
    await blocker.query('LOCK TABLE hooklane.delivery IN EXCLUSIVE MODE')
    await world.publish(of('cmp_3', world.delivered('held', 1, 1)))
    await eventually(async () => expect(await world.database.waiting()).toBe(1), WITHIN)
    const ended = end('cmp_3')
    await eventually(async () => expect(await world.database.waiting()).toBe(2), WITHIN)
    await blocker.query('COMMIT')
    await ended
    expect(await rowsOf('cmp_3')).toEqual([1, 1, 0])
    await erase('cmp_3')
    await recorded('held')
    expect(await rowsOf('cmp_3')).toEqual([0, 0, 0])
  })

  it('waits for a deletion that is under way, and then leaves its company out', async () => {
    await make('cmp_4')
    const deletion = await world.database.transaction()
    await deletion.query(`UPDATE company_identity SET ended_at = now() WHERE company_id = 'cmp_4'`)
    await world.publish(of('cmp_4', world.delivered('held', 2, 1)), of('cmp_4', world.deadLetter('held', 2)))
    await eventually(async () => expect(await world.database.waiting()).toBeGreaterThan(0), WITHIN)
    await deletion.query('COMMIT')
    await recorded('held')
    expect(await rowsOf('cmp_4')).toEqual([0, 0, 0])
  })
})
