import { applyDecorators } from '@nestjs/common'
import { ApiExtension, ApiOperation } from '@nestjs/swagger'
import type { ProblemCode } from '../http/problem-catalogue.js'
import { OPERATION_EXTENSION } from './extensions.js'

/** What people are told of an operation beside its forms. */
export interface OperationText {
  /** In the imperative, without a full stop: the pages list it. */
  readonly summary: string
  readonly description?: string
  /** Refusals of its own; those that follow from its method, body, key and path are added. */
  readonly refusals?: readonly ProblemCode[]
  readonly preconditions?: readonly ('If-Match' | 'If-None-Match')[]
}

export const Operation = ({ refusals = [], preconditions = [], ...text }: OperationText): MethodDecorator =>
  applyDecorators(ApiOperation(text), ApiExtension(OPERATION_EXTENSION, { refusals, preconditions }))
