import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity('worker_group')
export class WorkerGroupEntity {
  @PrimaryColumn({ type: 'text' })
  name!: string

  @Column({ type: 'int' })
  partitions!: number

  /** Retry slots per partition; 0 in dedicated groups. */
  @Column({ type: 'int' })
  slots!: number

  /** When the group was first ready, that is, its topics exist; null: not yet. */
  @Column({ type: 'timestamptz', name: 'ready_at', nullable: true })
  readyAt!: Date | null

  /** The app that the dedicated group belongs to; null: a shared group. */
  @Column({ type: 'text', name: 'app_id', nullable: true })
  appId!: string | null

  /** When the group's app was deleted, or could not be created. From then on, the group is removed. Null: the group stays. */
  @Column({ type: 'timestamptz', name: 'ended_at', nullable: true })
  endedAt!: Date | null
}
