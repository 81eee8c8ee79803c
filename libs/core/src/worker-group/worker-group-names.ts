import { createHash } from 'node:crypto'
import type { WorkerMode } from '@hooklane/contracts/public'
import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'

/** The shared group for every app type that has none of its own. */
export const COMMON_WORKER_GROUP = 'shared-webhook'

/** Maximum length of a group's name. Topics, consumer groups and Kubernetes objects have limits for their names, which contain it. */
const MAX_NAME = 52
/** A longer name is cut to this length. A dash and eight digits of a hash follow, which make it unique. */
const READABLE = 42
const HASH_DIGITS = 8

/** The properties of an app that determine its worker group. */
export interface GroupedApp {
  readonly id: string
  /** Number of the app's incarnation. It grows each time the app is created again under its id. */
  readonly epoch: number
  readonly type: string
  readonly mode: WorkerMode
}

const DEDICATED = 'dedicated-'

/** Whether the group belongs to one app and is removed with it. The names of shared groups begin differently. */
export const isDedicatedGroup = (name: string): boolean => name.startsWith(DEDICATED)

/** The values that determine the name of the group of one incarnation of a dedicated app. */
export interface DedicatedGroupKey extends Pick<GroupedApp, 'id' | 'epoch'> {
  /** Number of groups that were made for the app and then abandoned, because the app was not saved. Their names are not used again. */
  readonly abandoned: number
}

/**
 * The name of the group of one incarnation of a dedicated app: `dedicated-`, the id in lower case (every character other than a letter or
 * digit becomes `-`), a dash, and the epoch. If groups were abandoned, `r` and their number follow (`r1`, `r2` …). Two ids may yield the
 * same name. A name that would be longer than 52 characters is cut to 42, followed by a dash and 8 digits of a hash of the id, the epoch
 * and the number of abandoned groups.
 */
export function dedicatedGroupName({ id, epoch, abandoned }: DedicatedGroupKey): string {
  const incarnation = abandoned === 0 ? String(epoch) : `${epoch}r${abandoned}`
  const name = `${DEDICATED}${id.toLowerCase().replace(/[^a-z0-9]/g, '-')}-${incarnation}`
  if (name.length <= MAX_NAME) return name
  // Ids contain no space, so no two ids and epochs yield the same text.
  const hash = createHash('sha256').update(`${id} ${incarnation}`, 'utf8').digest('hex')
  return `${name.slice(0, READABLE)}-${hash.slice(0, HASH_DIGITS)}`
}

/** The name of an app type's shared group, whether or not it exists. */
export const sharedGroupName = (appType: string): string => `shared-${appType}`

/** Dedicated groups have one partition and no retry slots: failing lanes wait in place. */
export const dedicatedGroup = (key: DedicatedGroupKey): WorkerGroupConfiguration => ({
  name: dedicatedGroupName(key),
  partitions: 1,
  slots: 0,
})

/** The groups that may serve a shared app, the preferred one first. The last one always exists. */
export const sharedGroupCandidates = (appType: string): readonly string[] => [
  sharedGroupName(appType),
  COMMON_WORKER_GROUP,
]
