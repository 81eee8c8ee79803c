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
}
