import { createHash } from 'node:crypto'
import type { WorkerMode } from '@hooklane/contracts/public'
import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'

/** The shared group for every app type that has none of its own. */
export const COMMON_WORKER_GROUP = 'shared-webhook'

/** Longest name of a group: topics, consumer groups and Kubernetes objects carry it. */
const MAX_NAME = 52
/** What of a longer name stays readable; a dash and eight digits of a hash make it unique. */
const READABLE = 42
const HASH_DIGITS = 8

/** An app, as far as it decides about its worker group. */
export interface GroupedApp {
  readonly id: string
  /** Of the app's incarnation. */
  readonly epoch: number
  readonly type: string
  readonly mode: WorkerMode
}

const DEDICATED = 'dedicated-'

/** Whether the group is an app's own, which goes with the app. Shared groups have other names. */
export const isDedicatedGroup = (name: string): boolean => name.startsWith(DEDICATED)

/** What names the group of one incarnation of a dedicated app. */
export interface DedicatedGroupKey extends Pick<GroupedApp, 'id' | 'epoch'> {
  /** Groups that were made for the app and given up, because the app was then not saved: their names are not used again. */
  readonly abandoned: number
}

/**
 * The group of one incarnation of a dedicated app: the id in lower case, every other character as `-`, and the epoch; `r1`, `r2` … behind it
 * when groups before it were given up. Two ids may meet in one name.
 * A name that would be longer than 52 characters is its first 42, a dash and 8 digits of a hash of id, epoch and number.
 */
export function dedicatedGroupName({ id, epoch, abandoned }: DedicatedGroupKey): string {
  const incarnation = abandoned === 0 ? String(epoch) : `${epoch}r${abandoned}`
  const name = `${DEDICATED}${id.toLowerCase().replace(/[^a-z0-9]/g, '-')}-${incarnation}`
  if (name.length <= MAX_NAME) return name
  // Ids hold no blank.
  const hash = createHash('sha256').update(`${id} ${incarnation}`, 'utf8').digest('hex')
  return `${name.slice(0, READABLE)}-${hash.slice(0, HASH_DIGITS)}`
}

/** The shared group of an app type, should it exist. */
export const sharedGroupName = (appType: string): string => `shared-${appType}`

/** Dedicated groups have one partition and wait in place. */
export const dedicatedGroup = (key: DedicatedGroupKey): WorkerGroupConfiguration => ({
  name: dedicatedGroupName(key),
  partitions: 1,
  slots: 0,
})

/** The names under which a shared app's group may be found, best first. The last one always exists. */
export const sharedGroupCandidates = (appType: string): readonly string[] => [
  sharedGroupName(appType),
  COMMON_WORKER_GROUP,
]
