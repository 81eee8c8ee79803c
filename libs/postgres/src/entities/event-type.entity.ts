import { Column, Entity, PrimaryColumn } from 'typeorm'

/** An event type that can be subscribed to. */
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

  /** The producer of events of this type. */
  @Column({ type: 'text' })
  source!: string
}
