import type { WorkerGroupConfiguration, WorkerMode } from '@hooklane/contracts'
import {
  COMMON_WORKER_GROUP,
  dedicatedGroup,
  MAX_WORKER_GROUP_NAME,
  workerGroupCandidates,
  type WorkerGroupTopics,
} from '@hooklane/core'
import { TenantDatabase, type Tables } from '@hooklane/postgres'
import { Inject, Injectable } from '@nestjs/common'
import { unprocessable } from '../http/problem.js'

export const WORKER_GROUP_TOPICS = Symbol('WorkerGroupTopics')
export const WORKER_GROUP_BACKLOGS = Symbol('WorkerGroupBacklogs')

/** The group that an app goes to. Its topics stand. */
export interface Placement {
  readonly name: string
  /** Makes the group's rows inside the transaction that saves the app. */
  readonly establish: (tables: Tables) => Promise<void>
}

/** Finds an app its worker group before it is saved, and sees to the topics. */
@Injectable()
export class GroupPlacement {
  constructor(
    private readonly database: TenantDatabase,
    @Inject(WORKER_GROUP_TOPICS) private readonly topics: WorkerGroupTopics,
  ) {}

  /** @throws WorkerGroupNotReady; Problem 422 when the id makes too long a name */
  async place(app: { readonly id: string; readonly type: string; readonly mode: WorkerMode }): Promise<Placement> {
    const candidates = workerGroupCandidates(app)
    // Groups belong to no company: any scope sees them.
    const standing = await this.database.within({ kind: 'operator' }, (tables) =>
      tables.workerGroups.findAll(candidates),
    )
    const best = candidates
      .map((name) => standing.find((group) => group.name === name))
      .find((group) => group !== undefined)
    if (best?.readyAt) return { name: best.name, establish: () => Promise.resolve() }
    return this.makeReady(best ?? this.newGroup(app))
  }

  private newGroup(app: { readonly id: string; readonly mode: WorkerMode }): WorkerGroupConfiguration {
    if (app.mode === 'shared') throw new Error(`the group ${COMMON_WORKER_GROUP} is missing: migrate the database`)
    const group = dedicatedGroup(app.id)
    if (group.name.length <= MAX_WORKER_GROUP_NAME) return group
    const message = `the app’s id is too long for a worker group of its own: ${group.name} exceeds ${MAX_WORKER_GROUP_NAME} characters`
    throw unprocessable({ path: 'worker.mode', code: 'WORKER_GROUP_NAME_TOO_LONG', message })
  }

  private async makeReady({ name, partitions, slots }: WorkerGroupConfiguration): Promise<Placement> {
    await this.topics.ensure({ name, partitions, slots })
    const readyAt = new Date()
    return { name, establish: (tables) => tables.workerGroups.ensure({ name, partitions, slots }, readyAt) }
  }
}
