import { type DType, elementBytes } from '../dtype.js'
import { type Expr, type I32, i8x16, type Statement, v128 } from '../wasm/index.js'

type Vector = Expr<'v128'>

/** Lanes in a vector of an algebra: 2 of f64, otherwise 4. */
export const lanesOf = (dtype: DType): number => (dtype === 'f64' ? 2 : 4)

const zero = v128.const(new Uint8Array(16))
const ones = v128.const(new Uint8Array(16).fill(1))

/** Fills lane k with copies of byte k. */
const spread = (lanes: number) => Array.from({ length: 16 }, (_, byte) => Math.floor((byte * lanes) / 16))

/** Puts the first bytes of the lanes side by side. */
const gather = (lanes: number) => Array.from({ length: 16 }, (_, byte) => ((byte % lanes) * 16) / lanes)

/** Reads `lanes` elements that lie side by side: numbers in the lowest bytes, bools as masks of full lanes. */
export function loadLanes(dtype: DType, lanes: number, address: I32, offset = 0): Vector {
  if (dtype === 'bool') {
    const bytes = lanes === 4 ? v128.load32Zero(address, offset) : v128.load16Lane(address, zero, 0, offset)
    return i8x16.neg(v128.shuffle(bytes, zero, spread(lanes)))
  }
  return lanes * elementBytes[dtype] === 16 ? v128.load(address, offset) : v128.load64Zero(address, offset)
}

/** One element in every lane. */
export function splatLanes(dtype: DType, address: I32, offset = 0): Vector {
  if (dtype === 'bool') return i8x16.neg(v128.load8Splat(address, offset))
  return dtype === 'f64' ? v128.load64Splat(address, offset) : v128.load32Splat(address, offset)
}

/** Writes what {@link loadLanes} would read. */
export function storeLanes(dtype: DType, lanes: number, address: I32, vector: Vector, offset = 0): Statement {
  if (dtype === 'bool') {
    const bytes = v128.and(v128.shuffle(vector, zero, gather(lanes)), ones)
    return (lanes === 4 ? v128.store32Lane : v128.store16Lane)(address, bytes, 0, offset)
  }
  return lanes * elementBytes[dtype] === 16
    ? v128.store(address, vector, offset)
    : v128.store64Lane(address, vector, 0, offset)
}
