import { type FloatDType, type MatmulSpec, matmul } from '@wengert/kernels'
import { type Aval, type Params, registerOp } from '../program/index.js'

/** Parameters of a `stridedMatmul`: the product, and the aval of the array that its result is written to. */
export interface StridedMatmul extends Omit<MatmulSpec, 'dtype'> {
  readonly shape: readonly number[]
}

const specOf = (params: Params) => params as unknown as StridedMatmul

// What a `matmul` becomes when nothing is differentiated any more: its operands lie in others, and its result is written
// where it is read.
registerOp({
  name: 'stridedMatmul',
  infer: ([x], params) => [{ dtype: (x as Aval).dtype, shape: specOf(params).shape }],
  lower([x], _out, params) {
    const { shape: _, ...spec } = specOf(params)
    return matmul({ ...spec, dtype: (x as Aval).dtype as FloatDType })
  },
})
