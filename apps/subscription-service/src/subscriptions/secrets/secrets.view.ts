import { ApiProperty } from '@nestjs/swagger'

/** The server generates signing secrets; callers never write them. A secret is shown once, in the response that creates it. */
export class NewSecretView {
  @ApiProperty({ example: 'whsec_…', description: 'Signs the deliveries. Shown only in this response' })
  secret!: string
}

export class RotatedSecretView {
  @ApiProperty({ example: 'whsec_…', description: 'The new secret. Shown only in this response' }) secret!: string
  @ApiProperty({ format: 'date-time', description: 'Until then, requests are also signed with the previous secret' })
  previousValidUntil!: string
}
