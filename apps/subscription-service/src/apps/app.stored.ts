import { DEFAULT_APP_TYPE, DEFAULT_WORKER_MODE, type AppConfiguration } from '@hooklane/contracts/records'
import type { AppEntity } from '@hooklane/postgres/tenancy'
import { missing } from '../http/problem.js'
import type { PatchApp } from './app.form.js'

/** The stored columns of an app that callers can set. */
export type WrittenApp = Pick<AppEntity, 'name' | 'type' | 'externalId' | 'enabled' | 'workerMode'>

/** @param before the existing app, whose values absent fields keep; null: the app is new, and absent fields take their defaults */
export const writtenApp = (written: PatchApp, before: WrittenApp | null): WrittenApp => {
  const kept = before ?? { ...NEW_APP, name: written.name ?? missing('name') }
  return {
    name: written.name ?? kept.name,
    type: written.type ?? kept.type,
    externalId: written.externalId === undefined ? kept.externalId : written.externalId,
    enabled: written.enabled ?? kept.enabled,
    workerMode: written.worker?.mode ?? kept.workerMode,
  }
}

const NEW_APP = {
  type: DEFAULT_APP_TYPE,
  externalId: null,
  enabled: true,
  workerMode: DEFAULT_WORKER_MODE,
} satisfies Partial<WrittenApp>

/** The app as it is published to the delivery path. */
export const appConfiguration = (app: AppEntity): AppConfiguration => ({
  id: app.id,
  companyId: app.companyId,
  name: app.name,
  type: app.type,
  externalId: app.externalId,
  enabled: app.enabled,
  worker: { mode: app.workerMode },
  workerGroup: app.workerGroup,
  routeVersion: app.routeVersion,
  epoch: app.epoch,
})
