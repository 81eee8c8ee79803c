import { Injectable, type PipeTransform } from '@nestjs/common'
import { ID_FORM } from './fields.js'
import { invalid } from './problem.js'

/** The id under which a PUT creates a resource. */
@Injectable()
export class NewIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (ID_FORM.test(id)) return id
    const message = 'must be 1 to 100 letters, digits, dots, colons, dashes or underscores'
    throw invalid({ path: 'id', code: 'INVALID', message })
  }
}
