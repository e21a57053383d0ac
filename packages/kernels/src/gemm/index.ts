export { type Lanes, lanesOf, storePart } from './lanes.js'
export { type MatmulSpec, matmul } from './matmul.js'
export {
  emitProduct,
  type ProductOperands,
  type ProductPlan,
  type ProductSpec,
  planProduct,
} from './product.js'
