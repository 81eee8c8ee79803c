import { Column, Entity, PrimaryColumn } from 'typeorm'
import { Revisioned } from './revisioned.js'

@Entity('company')
export class CompanyEntity extends Revisioned {
  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text' })
  name!: string
}
