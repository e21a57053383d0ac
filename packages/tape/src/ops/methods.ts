import { Tensor } from '../record/index.js'
import * as random from './random.js'
import * as randomKeys from './random-keys.js'
import * as table from './table.js'

/** Ops that take a list of tensors or a key, and so are no methods of a tensor. */
type Functions = 'concat' | 'stack' | keyof typeof random | keyof typeof randomKeys

type Methods = Omit<typeof table, Functions>

/** The ops as methods: `x.add(y)` is `add(x, y)`. */
export type TensorMethods = {
  [K in keyof Methods]: Methods[K] extends (x: Tensor, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never
}

declare module '../record/tensor.js' {
  interface Tensor extends TensorMethods {}
}

const functions = new Set(['concat', 'stack', ...Object.keys(random), ...Object.keys(randomKeys)])

for (const [name, op] of Object.entries(table)) {
  if (functions.has(name)) continue
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return (op as (x: Tensor, ...rest: never[]) => unknown)(this, ...rest)
    },
  })
}
