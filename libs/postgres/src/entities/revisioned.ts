import { Column, type ValueTransformer } from 'typeorm'

/** `bigint` columns whose values stay below 2^53. */
const asNumber: ValueTransformer = {
  to: (value: number) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
}

/** What every configured resource has. Instants are set by the service, in whole milliseconds: they are part of list positions. */
export abstract class Revisioned {
  /** Raised by every change: the resource's ETag. */
  @Column({ type: 'bigint', transformer: asNumber })
  revision!: number

  @Column({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date
}
