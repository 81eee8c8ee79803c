import { Column, Entity, PrimaryColumn } from 'typeorm'

/** Something that can be subscribed to. */
@Entity('event_type')
export class EventTypeEntity {
  @PrimaryColumn({ type: 'text' })
  name!: string

  @Column({ type: 'text' })
  resource!: string

  @Column({ type: 'text' })
  action!: string

  @Column({ type: 'text' })
  title!: string

  /** The producer that yields it. */
  @Column({ type: 'text' })
  source!: string
}
