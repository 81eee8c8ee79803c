import { applyDecorators } from '@nestjs/common'
import { ApiExtension, ApiOperation } from '@nestjs/swagger'
import type { ProblemCode } from '../http/problem-catalogue.js'

/** The extension by which `Operation` passes data to `completeDocument`. It is removed before the document is served. */
export const OPERATION_EXTENSION = 'x-hooklane-operation'

/** The documentation of an operation besides its schemas. */
export interface OperationText {
  /** In the imperative, without a full stop. The list of operations shows it. */
  readonly summary: string
  readonly description?: string
  /** Errors that are declared for this operation. `refusalsOf` adds errors that follow from its method, body, access, path and query. */
  readonly refusals?: readonly ProblemCode[]
  readonly preconditions?: readonly ('If-Match' | 'If-None-Match')[]
}

export const Operation = ({ refusals = [], preconditions = [], ...text }: OperationText): MethodDecorator =>
  applyDecorators(ApiOperation(text), ApiExtension(OPERATION_EXTENSION, { refusals, preconditions }))
