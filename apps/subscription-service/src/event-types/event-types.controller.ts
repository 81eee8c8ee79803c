import { ownEventType, publishedSchema } from '@hooklane/contracts/public'
import { EventTypeEntity, TenantDatabase, type PageRequest } from '@hooklane/postgres/tenancy'
import { Controller, Get, Param, Query } from '@nestjs/common'
import { ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger'
import { Allow, Caller, CurrentCaller } from '../access/caller.js'
import { Operation } from '../documentation/operation.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { notFound } from '../http/problem.js'

class EventTypeView {
  @ApiProperty({ example: 'products.updated' }) name!: string
  @ApiProperty({ example: 'products' }) resource!: string
  @ApiProperty({ example: 'updated' }) action!: string
  @ApiProperty() title!: string
  @ApiProperty({ description: 'The producer of these events; `hooklane` for built-in types', example: 'pim' })
  source!: string
  @ApiProperty({
    description:
      'True for Hooklane’s own event types, which are about the stream. Every enabled subscription receives them, whether or not its `events` name them',
  })
  isBuiltIn!: boolean
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'JSON Schema of `data`; null: `data` holds the columns of the captured table, or what an upstream service sends',
  })
  dataSchema!: Readonly<Record<string, unknown>> | null
}

function eventTypeView({ name, resource, action, title, source }: EventTypeEntity): EventTypeView {
  const own = ownEventType(name)
  const dataSchema = own ? publishedSchema(own.dataSchema) : null
  return { name, resource, action, title, source, isBuiltIn: own !== undefined, dataSchema }
}

/** The event types that can be subscribed to. They are the same for all companies. */
@ApiTags('Event types')
@Allow('viewer')
@Controller('v1/event-types')
export class EventTypesController {
  constructor(
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
  ) {}

  @Get()
  @Operation({ summary: 'List event types', description: 'Sorted by name. The list is the same for all companies.' })
  @ApiListOf(EventTypeView)
  list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<EventTypeView>> {
    return this.lists.answer(
      { name: 'event-types', query, caller },
      (page: PageRequest<{ readonly name: string }>) =>
        this.database.transaction(caller.scope, (tables) => tables.eventTypes.page(page)),
      eventTypeView,
    )
  }

  @Get(':type')
  @Operation({ summary: 'Read an event type' })
  @ApiOkResponse({ type: EventTypeView })
  async get(@CurrentCaller() caller: Caller, @Param('type') type: string): Promise<EventTypeView> {
    const found = await this.database.transaction(caller.scope, (tables) => tables.eventTypes.find(type))
    if (!found) throw notFound('event type')
    return eventTypeView(found)
  }
}
