import { Column, Entity, PrimaryColumn } from 'typeorm'
import { Revisioned } from './revisioned.js'

@Entity('company')
export class CompanyEntity extends Revisioned {
  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text' })
  name!: string

  /** Raised each time a company is created again under this id. */
  @Column({ type: 'int' })
  incarnation!: number

  /** Decimal text: events below this offset of the company's partition belong to its predecessor; null: it has no predecessor. */
  @Column({ type: 'bigint', name: 'events_from', nullable: true })
  eventsFrom!: string | null
}
