import type { Page, PageRequest } from '@hooklane/postgres/tenancy'
import { Injectable } from '@nestjs/common'
import { applyDecorators, type Type as Class } from '@nestjs/common'
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { Cursors } from './cursor.js'
import { text, wholeNumber } from './fields.js'

/** Query parameters of every list. */
export class ListQuery {
  @Type(() => Number)
  @wholeNumber({ min: 1, max: 100 }, { optional: true, default: 50 })
  limit?: number

  @text({ optional: true, max: 1_000, description: '`nextCursor` of the previous page' })
  cursor?: string
}

export interface ListAnswer<View> {
  readonly data: readonly View[]
  readonly nextCursor: string | null
}

/** The properties of the caller to which a cursor is bound. */
interface ListReader {
  readonly companyId: string | null
  readonly appId: string | null
}

/** Turns pages of rows into lists with cursors. */
@Injectable()
export class Lists {
  constructor(private readonly cursors: Cursors) {}

  /** Reads one page. @throws Problem 400 when the cursor is of another list, or of this list with other filters */
  async answer<Row, Position extends object, View>(
    list: { readonly name: string; readonly query: ListQuery; readonly caller: ListReader },
    read: (page: PageRequest<Position>) => Promise<Page<Row, Position>>,
    view: (row: Row) => View,
  ): Promise<ListAnswer<View>> {
    const { limit = 50, cursor, ...filters } = list.query
    const context = JSON.stringify([
      list.name,
      list.caller.companyId,
      list.caller.appId,
      Object.entries(filters).sort(),
    ])
    const after = cursor === undefined ? null : this.cursors.decode<Position>(context, cursor)
    const page = await read({ limit, after })
    return {
      data: page.rows.map(view),
      nextCursor: page.next === null ? null : this.cursors.encode(context, page.next),
    }
  }
}

/** Documents a list response with entries of `view`. */
export function ApiListOf(view: Class): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(view),
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['data', 'nextCursor'],
        properties: {
          data: { type: 'array', items: { $ref: getSchemaPath(view) } },
          nextCursor: { type: ['string', 'null'] },
        },
      },
    }),
  )
}
