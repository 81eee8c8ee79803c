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

  /** Chosen when the app is saved. */
  @Column({ type: 'text', name: 'worker_group' })
  workerGroup!: string

  @Column({ type: 'int', name: 'route_version' })
  routeVersion!: number

  /** `order.epoch` of its deliveries. Raised each time the app is created again under its id. */
  @Column({ type: 'int' })
  epoch!: number

  /** True once the app has had a subscription: deliveries may be in progress in its group, so the group cannot change. */
  @Column({ type: 'boolean', name: 'is_routed' })
  isRouted!: boolean

  /** Number of the app's incarnation, as in `CompanyEntity`. It equals the epoch. */
  get incarnation(): number {
    return this.epoch
  }
}
