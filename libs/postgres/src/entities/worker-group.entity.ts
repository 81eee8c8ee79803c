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

  /** When its topics were last seen to stand; null: not yet. */
  @Column({ type: 'timestamptz', name: 'ready_at', nullable: true })
  readyAt!: Date | null

  /** The app whose own group it is; null: it is shared. */
  @Column({ type: 'text', name: 'app_id', nullable: true })
  appId!: string | null

  /** When its app was deleted, or not made after all: it is going. */
  @Column({ type: 'timestamptz', name: 'ended_at', nullable: true })
  endedAt!: Date | null
}
