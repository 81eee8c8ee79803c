import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'
import {
  COMMON_WORKER_GROUP,
  dedicatedGroup,
  sharedGroupCandidates,
  type GroupedApp,
  type WorkerGroupTopics,
} from '@hooklane/core/worker-group'
import { OPERATOR_SCOPE, TenantDatabase, type Tables } from '@hooklane/postgres/tenancy'
import { Inject, Injectable } from '@nestjs/common'
import { Problem, type Refusal } from '../http/problem.js'
import { GroupRemoval } from './group-removal.js'

export const WORKER_GROUP_TOPICS = Symbol('WorkerGroupTopics')
export const WORKER_GROUP_BACKLOGS = Symbol('WorkerGroupBacklogs')

/** The error for an app whose id yields the same group name as the id of an existing app. */
export const GROUP_CLASH: Refusal = {
  path: 'id',
  code: 'WORKER_GROUP_CLASH',
  message: 'the worker group name derived from this id belongs to an app with a similar id',
}

/** The worker group chosen for an app. The topics of the group exist. */
export interface Placement {
  readonly name: string
  /** Creates the rows of the group inside the transaction that saves the app. @throws Problem 503 when the group is being removed */
  readonly establish: (tables: Tables) => Promise<void>
  /** Called when the app could not be saved. Removes the group if it was created for this app alone. Never rejects. */
  readonly abandon: () => Promise<void>
}

/** Chooses the worker group of an app before the app is saved, and creates the topics of the group if necessary. */
@Injectable()
export class GroupPlacement {
  constructor(
    private readonly database: TenantDatabase,
    @Inject(WORKER_GROUP_TOPICS) private readonly topics: WorkerGroupTopics,
    private readonly removal: GroupRemoval,
  ) {}

  /** @throws WorkerGroupNotReady; Problem 409 when the group name belongs to another app, 503 while the group is being removed */
  place(app: GroupedApp): Promise<Placement> {
    return app.mode === 'dedicated' ? this.placeDedicated(app) : this.placeShared(app)
  }

  private async placeShared({ type }: GroupedApp): Promise<Placement> {
    const candidates = sharedGroupCandidates(type)
    // Groups belong to no company, so any scope sees them.
    const existing = await this.database.transaction(OPERATOR_SCOPE, (tables) =>
      tables.workerGroups.findAll(candidates),
    )
    const best = candidates
      .map((name) => existing.find((group) => group.name === name))
      .find((group) => group !== undefined)
    if (!best) throw new Error(`the group ${COMMON_WORKER_GROUP} is missing: migrate the database`)
    if (best.readyAt) return { name: best.name, establish: nothing, abandon: nothing }
    await this.topics.ensure(best)
    return { name: best.name, establish: (tables) => establish(tables, best), abandon: nothing }
  }

  /** Order matters: a row reserves the name before topics are created under it, so that each topic belongs to a row even after a crash. */
  private async placeDedicated(app: GroupedApp): Promise<Placement> {
    const { group, reserved } = await this.database.transaction(OPERATOR_SCOPE, async ({ workerGroups }) => {
      const own = dedicatedGroup({ ...app, abandoned: await workerGroups.countAbandoned(app.id) })
      await workerGroups.reserve(own, app.id)
      return { group: own, reserved: await workerGroups.find(own.name) }
    })
    const { name } = group
    if (reserved?.appId !== app.id) throw clash()
    if (reserved.endedAt) throw beingRemoved(name)
    if (!reserved.readyAt) await this.topics.ensure(group)
    return {
      name,
      establish: (tables) => establish(tables, group),
      abandon: () => this.removal.abandon(name),
    }
  }
}

const nothing = (): Promise<void> => Promise.resolve()

async function establish(tables: Tables, { name, partitions, slots }: WorkerGroupConfiguration): Promise<void> {
  if (!(await tables.workerGroups.ensure({ name, partitions, slots }, new Date()))) throw beingRemoved(name)
}

const clash = (): Problem => new Problem(GROUP_CLASH.code, `id: ${GROUP_CLASH.message}`, { errors: [GROUP_CLASH] })

/** The error while a group of this name is removed. The group was created a moment ago, for a request that was then refused. */
const beingRemoved = (name: string): Problem =>
  new Problem(
    'WORKER_GROUP_NOT_READY',
    `the worker group ${name} is not ready: a former group of this name is being removed`,
    {
      headers: { 'retry-after': String(REMOVAL_RETRY_S) },
    },
  )

/** A removal takes a second or two. */
const REMOVAL_RETRY_S = 2
