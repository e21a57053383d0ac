export { maxPool2d, maxPool2dPullback, maxPool2dPushforward } from './max-pool.js'
export type { Pool2dSpec } from './spec.js'
