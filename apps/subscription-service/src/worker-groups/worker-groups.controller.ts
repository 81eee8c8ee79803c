import { PARTITIONS, type TopicProfile } from '@hooklane/contracts'
import type { WorkerGroupTopics } from '@hooklane/core'
import { TenantDatabase, type PageRequest, type WorkerGroupOverview } from '@hooklane/postgres'
import { Body, Controller, Get, HttpStatus, Inject, Param, Put, Query, Res } from '@nestjs/common'
import { ApiCreatedResponse, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger'
import type { Response } from 'express'
import { Allow, Caller, WhoAsks } from '../api-keys/caller.js'
import { wholeNumber } from '../http/fields.js'
import { maybeInstantOf } from '../http/instants.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { Problem, unprocessable } from '../http/problem.js'
import { WORKER_GROUP_TOPICS } from './group-placement.js'

/** Shared groups are made by operators; dedicated ones by saving the app. */
const SHARED_GROUP = /^shared-[a-z0-9-]{1,40}$/
const ALL = { kind: 'operator' } as const

export const TOPIC_PROFILE = Symbol('TopicProfile')

class PutWorkerGroup {
  @wholeNumber(1, 1_000, { optional: true, description: 'Main partitions; fixed for the group’s life' })
  partitions?: number

  @wholeNumber(1, 64, { optional: true, description: 'Retry slots per partition' })
  slots?: number
}

class LanesView {
  @ApiProperty({ description: 'Their head waits for its next attempt' }) parked!: number
  @ApiProperty({ description: 'Recovering' }) flow!: number
}

class PartitionOwnerView {
  @ApiProperty() partition!: number
  @ApiProperty({ type: ['string', 'null'], description: 'The process that serves it; null: nobody does' } as never)
  instance!: string | null
  @ApiProperty() epoch!: string
  @ApiProperty({ type: ['string', 'null'], format: 'date-time' } as never) leaseUntil!: string | null
  @ApiProperty({ type: ['string', 'null'], format: 'date-time' } as never) savedAt!: string | null
}

class WorkerGroupView {
  @ApiProperty({ example: 'shared-shopware' }) name!: string
  @ApiProperty() partitions!: number
  @ApiProperty({ description: '0 in dedicated groups' }) slots!: number
  @ApiProperty({ type: ['string', 'null'], format: 'date-time' } as never) readyAt!: string | null
  @ApiProperty({ description: 'Every partition is served' }) isServed!: boolean
  @ApiProperty() apps!: number
  @ApiProperty({ type: LanesView }) lanes!: LanesView
  @ApiProperty({ type: ['number', 'null'], description: 'Since the oldest failing head was first attempted' } as never)
  oldestAgeSeconds!: number | null
  @ApiProperty({ type: PartitionOwnerView, isArray: true }) owners!: readonly PartitionOwnerView[]
}

const workerGroupView = (group: WorkerGroupOverview): WorkerGroupView => ({
  ...group,
  readyAt: maybeInstantOf(group.readyAt),
  isServed: group.owners.every((owner) => owner.instance !== null),
})

@ApiTags('Worker groups')
@Allow('operator')
@Controller('v1/worker-groups')
export class WorkerGroupsController {
  constructor(
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
    @Inject(WORKER_GROUP_TOPICS) private readonly topics: WorkerGroupTopics,
    @Inject(TOPIC_PROFILE) private readonly profile: TopicProfile,
  ) {}

  @Get()
  @ApiListOf(WorkerGroupView)
  list(@WhoAsks() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<WorkerGroupView>> {
    return this.lists.answer(
      { name: 'worker-groups', query, caller },
      (page: PageRequest<{ readonly name: string }>) =>
        this.database.within(ALL, (tables) => tables.workerGroups.page(page)),
      workerGroupView,
    )
  }

  /** With its topics. Apps of the type that are saved from now on go there; those that stand stay where they are. */
  @Put(':name')
  @ApiOkResponse({ type: WorkerGroupView })
  @ApiCreatedResponse({ type: WorkerGroupView })
  async put(
    @Param('name') name: string,
    @Body() body: PutWorkerGroup,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WorkerGroupView> {
    if (!SHARED_GROUP.test(name)) {
      const message = 'must be shared-<app type>: dedicated groups come with their apps'
      throw unprocessable({ path: 'name', code: 'WORKER_GROUP_NAME', message })
    }
    const standing = await this.database.within(ALL, (tables) => tables.workerGroups.find(name))
    const group = this.withCounts(name, body, standing)
    await this.topics.ensure(group)
    const overview = await this.database.within(ALL, async (tables) => {
      await tables.workerGroups.ensure(group, new Date())
      return tables.workerGroups.overview(name)
    })
    if (!overview) throw new Error(`the worker group ${name} vanished while it was made`)
    response.status(standing ? HttpStatus.OK : HttpStatus.CREATED)
    return workerGroupView(overview)
  }

  private withCounts(
    name: string,
    { partitions, slots }: PutWorkerGroup,
    standing: { readonly partitions: number; readonly slots: number } | null,
  ): { name: string; partitions: number; slots: number } {
    const standard = PARTITIONS[this.profile]
    const group = {
      name,
      partitions: partitions ?? standing?.partitions ?? standard.shared,
      slots: slots ?? standing?.slots ?? standard.slots,
    }
    if (!standing || (standing.partitions === group.partitions && standing.slots === group.slots)) return group
    throw new Problem(
      409,
      'WORKER_GROUP_FIXED',
      `partitions and slots of ${name} are those of its topics and cannot change`,
    )
  }
}
