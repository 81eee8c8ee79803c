import { Injectable, type PipeTransform } from '@nestjs/common'
import { ID_FORM, ID_RULE } from './fields.js'
import { invalid } from './problem.js'

/** Checks the id under which a PUT creates a resource. */
@Injectable()
export class NewIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (ID_FORM.test(id)) return id
    throw invalid({ path: 'id', code: 'INVALID', message: `must be ${ID_RULE}` })
  }
}
