export { conv2d, conv2dFilterPullback, conv2dInputPullback } from './conv2d.js'
export type { Conv2dSpec } from './spec.js'
export { dilationOf, type WindowSpec, windowKey, windowOutputShape } from './window.js'
