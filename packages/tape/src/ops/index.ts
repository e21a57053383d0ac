export type { GeluOptions } from './activation.js'
export type { Axes } from './axes.js'
export { type ElementwiseFacts, elementwiseFacts, type Facts } from './elementwise.js'
export type { TensorMethods } from './methods.js'
export type { PadOptions } from './pad.js'
export * from './table.js'
export type { Padding, WindowOptions } from './window.js'

import './methods.js'
