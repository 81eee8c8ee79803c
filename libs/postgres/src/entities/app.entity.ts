import type { WorkerMode } from '@hooklane/contracts/public'
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { Revisioned } from './revisioned.js'

@Entity('app')
export class AppEntity extends Revisioned {
  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text', name: 'company_id' })
  companyId!: string

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text' })
  type!: string

  @Column({ type: 'text', name: 'external_id', nullable: true })
  externalId!: string | null

  @Column({ type: 'boolean' })
  enabled!: boolean

  @Column({ type: 'text', name: 'worker_mode' })
  workerMode!: WorkerMode

  /** Resolved when the app is saved. */
  @Column({ type: 'text', name: 'worker_group' })
  workerGroup!: string

  @Column({ type: 'int', name: 'route_version' })
  routeVersion!: number

  /** `order.epoch` of its deliveries: raised each time that the app is made again. */
  @Column({ type: 'int' })
  epoch!: number

  /** It has (or had) a subscription: events may be under way in its group, so the group stays. */
  @Column({ type: 'boolean', name: 'is_routed' })
  isRouted!: boolean

  /** As of a company. */
  get incarnation(): number {
    return this.epoch
  }
}
