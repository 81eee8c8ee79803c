import type { LaneSettings } from './protocol.js'

export const defaultLaneSettings: LaneSettings = {
  /** Too low: timer slack lets an attempt outlive the lease. Too high: lanes idle before each renewal. */
  marginMs: 1_000,
  /** Too low: a brief failure costs a row. Too high: a crash forgets more attempts. */
  inlineWindowMs: 5_000,
  /** Too low: one slow head stops the partition early. Too high: large bitmaps each second and more memory. */
  spreadMax: 20_000n,
  strict: false,
}
