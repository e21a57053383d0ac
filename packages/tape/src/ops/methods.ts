import { Tensor } from '../record/index.js'
import * as random from './random.js'
import * as randomKeys from './random-keys.js'
import * as table from './table.js'

/** Ops that take something else first, and so are no methods of a tensor. */
type Functions = 'concat' | 'einsum' | 'stack' | keyof typeof random | keyof typeof randomKeys

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

const functions = new Set(['concat', 'einsum', 'stack', ...Object.keys(random), ...Object.keys(randomKeys)])

// An op is looked up when it is called: what reads all of a module's exports has a getter compiled for each.
const ops = table as Record<string, unknown>

for (const name of Object.keys(ops)) {
  if (functions.has(name)) continue
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return (ops[name] as (x: Tensor, ...rest: never[]) => unknown)(this, ...rest)
    },
  })
}
