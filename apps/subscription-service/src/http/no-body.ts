import { Injectable, type PipeTransform } from '@nestjs/common'
import { Problem } from './problem.js'

/** For operations that take no body. If a body has fields, throws an error that names each field. */
@Injectable()
export class NoBody implements PipeTransform<unknown, undefined> {
  transform(body: unknown): undefined {
    const errors = Object.keys(body ?? {}).map((path) => ({
      path,
      code: 'UNKNOWN_FIELD' as const,
      message: 'is not a field: this operation takes no body',
    }))
    if (errors.length > 0) throw new Problem('UNKNOWN_FIELD', 'this operation takes no body', { errors })
    return undefined
  }
}
