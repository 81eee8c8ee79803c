import { ApiProperty } from '@nestjs/swagger'

/** Signing secrets are made here and never written; answers show one when it is made, and never again. */
export class NewSecretView {
  @ApiProperty({ example: 'whsec_…', description: 'Signs the deliveries. Shown once' }) secret!: string
}

export class RotatedSecretView {
  @ApiProperty({ example: 'whsec_…', description: 'Shown once' }) secret!: string
  @ApiProperty({ format: 'date-time', description: 'Until then the secret before signs as well' })
  previousValidUntil!: string
}
