export { lanesOf, storePart } from './lanes.js'
export type { MatrixLayout } from './layout.js'
export { type MatmulSpec, matmul } from './matmul.js'
export {
  emitProduct,
  type ProductSpec,
  planProduct,
  sumsAtOnce,
} from './product.js'
export { defineTile, panelsOf, tileRows } from './tile.js'
export { isWide, setWide } from './wide.js'
