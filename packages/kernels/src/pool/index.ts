export { maxPool2d, maxPool2dPullback, maxPool2dPushforward } from './max-pool.js'
export type { Pool2dSpec } from './spec.js'
export { sumPool2d, sumPool2dPullback } from './sum-pool.js'
