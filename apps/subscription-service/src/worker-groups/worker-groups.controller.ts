import { PARTITIONS, type TopicProfile } from '@hooklane/contracts/records'
import type { WorkerGroupBacklog, WorkerGroupBacklogs, WorkerGroupTopics } from '@hooklane/core/worker-group'
import { OPERATOR_SCOPE, TenantDatabase, type PageRequest, type WorkerGroupOverview } from '@hooklane/postgres/tenancy'
import { Body, Controller, Get, HttpStatus, Inject, Param, Put, Query, Res } from '@nestjs/common'
import { ApiCreatedResponse, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger'
import type { Response } from 'express'
import { Allow, Caller, CurrentCaller } from '../access/caller.js'
import { Operation } from '../documentation/operation.js'
import { wholeNumber } from '../http/fields.js'
import { maybeInstantOf } from '../http/instants.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { Problem, unprocessable } from '../http/problem.js'
import { WORKER_GROUP_BACKLOGS, WORKER_GROUP_TOPICS } from './group-placement.js'

/** Names of groups that operators can create. A dedicated group is created when its app is saved. */
const SHARED_GROUP = /^shared-[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/
const UNKNOWN_BACKLOG: WorkerGroupBacklog = { records: null, reason: 'KAFKA_UNAVAILABLE' }

export const TOPIC_PROFILE = Symbol('TopicProfile')

class PutWorkerGroup {
  @wholeNumber({ min: 1, max: 1_000 }, { optional: true, description: 'Main partitions; cannot change after creation' })
  partitions?: number

  @wholeNumber({ min: 1, max: 64 }, { optional: true, description: 'Retry slots per partition' })
  slots?: number
}

class LanesView {
  @ApiProperty({ description: 'Lanes whose head waits for its next attempt' }) parked!: number
  @ApiProperty({ description: 'Lanes that deliver again after a failure, and whose saved row is not removed yet' })
  flow!: number
}

class PartitionOwnerView {
  @ApiProperty() partition!: number
  @ApiProperty({ type: 'string', nullable: true, description: 'The process that serves the partition; null: none' })
  instance!: string | null
  @ApiProperty() epoch!: string
  @ApiProperty({ type: 'string', nullable: true, format: 'date-time' }) leaseUntil!: string | null
  @ApiProperty({ type: 'string', nullable: true, format: 'date-time' }) savedAt!: string | null
}

class WorkerGroupView {
  @ApiProperty({ example: 'shared-shopware' }) name!: string
  @ApiProperty() partitions!: number
  @ApiProperty({ description: '0 in dedicated groups' }) slots!: number
  @ApiProperty({ type: 'string', nullable: true, format: 'date-time' }) readyAt!: string | null
  @ApiProperty({
    type: 'string',
    nullable: true,
    format: 'date-time',
    description:
      'Set when the app of the group was deleted. The group is removed when all its deliveries are settled. For this, a dispatcher must serve the group',
  })
  endedAt!: string | null
  @ApiProperty({ description: 'True when a process serves each of the partitions' }) isServed!: boolean
  @ApiProperty() apps!: number
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description:
      'Upper bound of the deliveries that wait in the group’s topic, because transaction markers between the deliveries count too. May be a few seconds old',
  })
  backlog!: number | null
  @ApiProperty({
    type: 'string',
    nullable: true,
    enum: ['KAFKA_UNAVAILABLE', 'TOPIC_MISSING'],
    description: 'Why the backlog is unknown',
  })
  backlogReason!: WorkerGroupBacklog['reason']
  @ApiProperty({ type: LanesView }) lanes!: LanesView
  @ApiProperty({
    type: 'number',
    nullable: true,
    description: 'Seconds since the first attempt of the head that has been failing longest; null: no lane is parked',
  })
  oldestAgeSeconds!: number | null
  @ApiProperty({ type: PartitionOwnerView, isArray: true }) owners!: readonly PartitionOwnerView[]
}

const workerGroupView = (group: WorkerGroupOverview, backlog: WorkerGroupBacklog): WorkerGroupView => ({
  ...group,
  readyAt: maybeInstantOf(group.readyAt),
  endedAt: maybeInstantOf(group.endedAt),
  isServed: group.owners.every((owner) => owner.instance !== null),
  backlog: backlog.records,
  backlogReason: backlog.reason,
})

@ApiTags('Worker groups')
@Allow('operator')
@Controller('v1/worker-groups')
export class WorkerGroupsController {
  constructor(
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
    @Inject(WORKER_GROUP_TOPICS) private readonly topics: WorkerGroupTopics,
    @Inject(WORKER_GROUP_BACKLOGS) private readonly backlogs: WorkerGroupBacklogs,
    @Inject(TOPIC_PROFILE) private readonly profile: TopicProfile,
  ) {}

  @Get()
  @Operation({ summary: 'List worker groups', description: 'Sorted by name, with their current state.' })
  @ApiListOf(WorkerGroupView)
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<WorkerGroupView>> {
    const { data, nextCursor } = await this.lists.answer(
      { name: 'worker-groups', query, caller },
      (page: PageRequest<{ readonly name: string }>) =>
        this.database.transaction(OPERATOR_SCOPE, (tables) => tables.workerGroups.page(page)),
      (group) => group,
    )
    // Outside the transaction, because Kafka may be slow.
    return { data: await this.views(data), nextCursor }
  }

  @Put(':name')
  @Operation({
    summary: 'Create a shared worker group',
    description:
      'Also creates the topics of the group. Apps of this type that are saved from now on join the group; existing apps stay in their groups.',
    refusals: ['WORKER_GROUP_NAME', 'WORKER_GROUP_FIXED', 'WORKER_GROUP_NOT_READY'],
  })
  @ApiOkResponse({ type: WorkerGroupView })
  @ApiCreatedResponse({ type: WorkerGroupView })
  async put(
    @Param('name') name: string,
    @Body() body: PutWorkerGroup,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WorkerGroupView> {
    if (!SHARED_GROUP.test(name)) {
      const message = 'must be shared-<app type>: a dedicated group is created with its app'
      throw unprocessable({ path: 'name', code: 'WORKER_GROUP_NAME', message })
    }
    const existing = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.workerGroups.find(name))
    const group = this.withCounts(name, body, existing)
    await this.topics.ensure(group)
    const overview = await this.database.transaction(OPERATOR_SCOPE, async (tables) => {
      await tables.workerGroups.ensure(group, new Date())
      return tables.workerGroups.overview(name)
    })
    if (!overview) throw new Error(`the worker group ${name} vanished while it was created`)
    response.status(existing ? HttpStatus.OK : HttpStatus.CREATED)
    const [view] = await this.views([overview])
    if (!view) throw new Error(`the worker group ${name} has no view`)
    return view
  }

  private async views(groups: readonly WorkerGroupOverview[]): Promise<WorkerGroupView[]> {
    const backlogs = await this.backlogs.of(groups.map(({ name }) => name))
    return groups.map((group) => workerGroupView(group, backlogs.get(group.name) ?? UNKNOWN_BACKLOG))
  }

  private withCounts(
    name: string,
    { partitions, slots }: PutWorkerGroup,
    existing: { readonly partitions: number; readonly slots: number } | null,
  ): { name: string; partitions: number; slots: number } {
    const defaults = PARTITIONS[this.profile]
    const group = {
      name,
      partitions: partitions ?? existing?.partitions ?? defaults.shared,
      slots: slots ?? existing?.slots ?? defaults.slots,
    }
    if (!existing || (existing.partitions === group.partitions && existing.slots === group.slots)) return group
    throw new Problem(
      'WORKER_GROUP_FIXED',
      `partitions and slots of the worker group ${name} cannot change after the group was created`,
    )
  }
}
