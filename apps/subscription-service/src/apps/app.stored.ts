import { DEFAULT_APP_TYPE, DEFAULT_WORKER_MODE, type AppConfiguration } from '@hooklane/contracts/records'
import type { AppEntity } from '@hooklane/postgres'
import { missing } from '../http/problem.js'
import type { PatchApp } from './app.form.js'

/** The stored columns of an app that callers can set. */
export type WrittenApp = Pick<AppEntity, 'name' | 'type' | 'externalId' | 'enabled' | 'workerMode'>

/** @param before the existing app, whose values fields that are not written keep; null: such fields take their defaults */
export const writtenApp = (written: PatchApp, before: WrittenApp | null): WrittenApp => ({
  name: written.name ?? before?.name ?? missing('name'),
  type: written.type ?? before?.type ?? DEFAULT_APP_TYPE,
  externalId: written.externalId === undefined ? (before?.externalId ?? null) : written.externalId,
  enabled: written.enabled ?? before?.enabled ?? true,
  workerMode: written.worker?.mode ?? before?.workerMode ?? DEFAULT_WORKER_MODE,
})

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
