import type { WorkerGroupConfiguration, WorkerMode } from '@hooklane/contracts'

/** The shared group for every app type that has none of its own. */
export const COMMON_WORKER_GROUP = 'shared-webhook'

/** The dedicated group of an app: the id in lower case, every other character as `-`. Two ids may meet in one name. */
export const dedicatedGroupName = (appId: string): string =>
  `dedicated-${appId.toLowerCase().replace(/[^a-z0-9]/g, '-')}`

/** The shared group of an app type, should it exist. */
export const sharedGroupName = (appType: string): string => `shared-${appType}`

/** Longest name a group may have: topics, consumer groups and Kubernetes objects carry it. */
export const MAX_WORKER_GROUP_NAME = 60

/** Dedicated groups have one partition and wait in place. */
export const dedicatedGroup = (appId: string): WorkerGroupConfiguration => ({
  name: dedicatedGroupName(appId),
  partitions: 1,
  slots: 0,
})

/** The names under which an app's group may be found, best first. The last one always exists. */
export function workerGroupCandidates(app: { id: string; type: string; mode: WorkerMode }): readonly string[] {
  return app.mode === 'dedicated' ? [dedicatedGroupName(app.id)] : [sharedGroupName(app.type), COMMON_WORKER_GROUP]
}
