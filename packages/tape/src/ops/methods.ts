import { Tensor } from '../record/index.js'
import * as table from './table.js'

/** Ops that take something else first, and so are no methods of a tensor. */
type Methods = Omit<typeof table, 'concat' | 'einsum' | 'stack'>

/** The ops as methods: `x.add(y)` is `add(x, y)`. */
export type TensorMethods = {
  [K in keyof Methods]: Methods[K] extends (x: Tensor, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never
}

declare module '../record/tensor.js' {
  interface Tensor extends TensorMethods {}
}

const { concat: _concat, einsum: _einsum, stack: _stack, ...methods } = table

for (const [name, op] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return (op as (x: Tensor, ...rest: never[]) => unknown)(this, ...rest)
    },
  })
}
