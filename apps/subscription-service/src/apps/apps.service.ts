import { newId } from '@hooklane/core/kernel'
import { AppEntity, ConstraintViolation, OPERATOR_SCOPE, TenantDatabase, type Tables } from '@hooklane/postgres/tenancy'
import { Injectable } from '@nestjs/common'
import type { Caller } from '../access/caller.js'
import { retryOnDuplicateKey, refusingConflicts, type Conflicts } from '../http/conflicts.js'
import { requireMatch, type Preconditions } from '../http/etag.js'
import { notFound, Problem } from '../http/problem.js'
import type { InTransaction } from '../idempotency/idempotent-requests.js'
import { GROUP_CLASH, GroupPlacement, type Placement } from '../worker-groups/group-placement.js'
import type { PatchApp, WriteApp } from './app.form.js'
import { appConfiguration, writtenApp, type WrittenApp } from './app.stored.js'

const CONFLICTS: Conflicts = {
  app_company_id_external_id_key: {
    path: 'externalId',
    code: 'EXTERNAL_ID_TAKEN',
    message: 'another app of the company has this externalId',
  },
  app_dedicated_group: GROUP_CLASH,
  app_company_id_fkey: {
    path: 'Hooklane-Company',
    code: 'NOT_FOUND',
    message: 'there is no such company',
  },
}

/** The constraint that is violated when another request has created an app under the same id. */
const APP_KEY = 'app_pkey'
const FIRST_EPOCH = 1

/** Saves apps. The app, its worker group and its configuration row change in one transaction. */
@Injectable()
export class AppsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly placements: GroupPlacement,
  ) {}

  async create(caller: Caller, body: WriteApp, transaction: InTransaction<AppEntity>): Promise<AppEntity> {
    return this.insert({ caller, transaction }, { id: newId('app'), epoch: FIRST_EPOCH }, writtenApp(body, null))
  }

  /**
   * Creates or replaces an app under an id that the caller chose. Ids are unique across companies, so only operators may do this. An id
   * belongs to its company for ever. An app that is created again under its id continues the sequence numbers in the next epoch.
   */
  async put(
    caller: Caller,
    id: string,
    request: { readonly body: WriteApp } & Preconditions,
  ): Promise<{ app: AppEntity; isNew: boolean }> {
    return retryOnDuplicateKey(APP_KEY, () => this.save(caller, id, request))
  }

  private async save(
    caller: Caller,
    id: string,
    request: { readonly body: WriteApp } & Preconditions,
  ): Promise<{ app: AppEntity; isNew: boolean }> {
    const companyId = caller.requireCompany()
    const { identity, existing } = await this.database.transaction(OPERATOR_SCOPE, async (tables) => ({
      identity: await tables.identities.findApp(id),
      existing: await tables.apps.find(id),
    }))
    if (identity && identity.companyId !== companyId)
      throw new Problem('ID_TAKEN', 'this id belongs to another company')
    const changes = writtenApp(request.body, null)
    if (existing) return { app: await this.change(caller, { id, preconditions: request }, () => changes), isNew: false }
    requireMatch(request, null)
    const transaction: InTransaction<AppEntity> = (scope, work) => this.database.transaction(scope, work)
    const epoch = identity ? identity.epoch + 1 : FIRST_EPOCH
    return { app: await this.insert({ caller, transaction }, { id, epoch }, changes), isNew: true }
  }

  async patch(caller: Caller, id: string, request: { readonly body: PatchApp } & Preconditions): Promise<AppEntity> {
    return this.change(caller, { id, preconditions: request }, (app) => writtenApp(request.body, app))
  }

  async get(caller: Caller, id: string): Promise<AppEntity> {
    const app = await this.database.transaction(caller.scope, (tables) => tables.apps.find(id))
    if (!app) throw notFound('app')
    return app
  }

  async delete(caller: Caller, id: string, preconditions: Preconditions): Promise<void> {
    await this.database.transaction(caller.scope, async (tables) => {
      const app = await tables.apps.lock(id)
      if (!app) throw notFound('app')
      requireMatch(preconditions, app)
      // Order matters: see `EndedStreamTable.end`.
      await tables.configuration.removeApp(id)
      await tables.endedStreams.end({ appId: id })
      await tables.apps.delete(id)
    })
  }

  private async insert(
    { caller, transaction }: { readonly caller: Caller; readonly transaction: InTransaction<AppEntity> },
    { id, epoch }: { readonly id: string; readonly epoch: number },
    changes: WrittenApp,
  ): Promise<AppEntity> {
    const companyId = caller.requireCompany()
    const placement = await this.placements.place({ id, epoch, type: changes.type, mode: changes.workerMode })
    const now = new Date()
    const app = Object.assign(new AppEntity(), {
      ...changes,
      id,
      companyId,
      epoch,
      workerGroup: placement.name,
      routeVersion: 0,
      isRouted: false,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    } satisfies Omit<AppEntity, 'incarnation'>)
    return savingIn(placement, () =>
      transaction(caller.scope, async (tables) => {
        if (!(await tables.identities.beginApp(id, companyId, epoch))) throw new ConstraintViolation('unique', APP_KEY)
        await placement.establish(tables)
        await tables.apps.insert(app)
        await tables.configuration.put('app', id, appConfiguration(app))
        return app
      }),
    )
  }

  private async change(
    caller: Caller,
    { id, preconditions }: { readonly id: string; readonly preconditions: Preconditions },
    changesOf: (app: AppEntity) => WrittenApp,
  ): Promise<AppEntity> {
    const seen = await this.get(caller, id)
    const placement = await this.replace(seen, changesOf(seen))
    return savingIn(placement, () =>
      this.database.transaction(caller.scope, async (tables: Tables) => {
        const app = await tables.apps.lock(id)
        if (!app) throw notFound('app')
        requireMatch(preconditions, app)
        const changes = changesOf(app)
        refuseMove(app, changes)
        // A subscription may have been created since `seen` was read. Then the app keeps its group.
        const group = placement && !app.isRouted ? placement : null
        await group?.establish(tables)
        Object.assign(app, changes, { workerGroup: group?.name ?? app.workerGroup, updatedAt: new Date() })
        app.revision++
        await tables.apps.update(app)
        await tables.configuration.put('app', id, appConfiguration(app))
        return app
      }),
    )
  }

  /** Chooses the new group of an app whose type or mode changes; null: the app keeps its group. */
  private async replace(app: AppEntity, changes: WrittenApp): Promise<Placement | null> {
    refuseMove(app, changes)
    const isSame = app.type === changes.type && app.workerMode === changes.workerMode
    if (isSame || app.isRouted) return null
    return this.placements.place({ id: app.id, epoch: app.epoch, type: changes.type, mode: changes.workerMode })
  }
}

/** Saves an app in its group. If the app cannot be saved, removes a group that was created for this app alone. */
async function savingIn(placement: Placement | null, save: () => Promise<AppEntity>): Promise<AppEntity> {
  try {
    return await refusingConflicts(CONFLICTS, save)
  } catch (error) {
    await placement?.abandon()
    throw error
  }
}

/** Refuses to move an app that had a subscription: deliveries in the new group could overtake those in progress in the old one. */
function refuseMove(app: AppEntity, changes: WrittenApp): void {
  if (!app.isRouted || app.workerMode === changes.workerMode) return
  const message = 'cannot change once the app has had a subscription'
  throw new Problem('WORKER_MODE_FIXED', `worker.mode: ${message}`, {
    errors: [{ path: 'worker.mode', code: 'WORKER_MODE_FIXED', message }],
  })
}
