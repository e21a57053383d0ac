import { Tensor } from '../record/index.js'
import * as table from './table.js'

type Table = typeof table

/** The ops as methods: `x.add(y)` is `add(x, y)`. */
export type TensorMethods = {
  [K in keyof Table]: Table[K] extends (x: Tensor, ...rest: infer Rest) => Tensor
    ? (...rest: Rest) => Tensor
    : never
}

declare module '../record/tensor.js' {
  interface Tensor extends TensorMethods {}
}

for (const [name, op] of Object.entries(table)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return (op as (x: Tensor, ...rest: never[]) => Tensor)(this, ...rest)
    },
  })
}
