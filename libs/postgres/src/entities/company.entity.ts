import { Column, Entity, PrimaryColumn } from 'typeorm'
import { Revisioned } from './revisioned.js'

@Entity('company')
export class CompanyEntity extends Revisioned {
  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text' })
  name!: string

  /** Raised each time that a company is made again under this id. */
  @Column({ type: 'int' })
  incarnation!: number

  /** Offset in its partition of `events` below which events are its predecessor's; null: it has none. Decimal text. */
  @Column({ type: 'bigint', name: 'events_from', nullable: true })
  eventsFrom!: string | null
}
