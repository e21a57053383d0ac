import { type Expr, f32, f64, i32 } from '../wasm/index.js'

/** The dtypes that are ordered. */
export type OrderedDType = 'f32' | 'f64' | 'i32'

/** A total order of elements of a dtype, −0 equal to 0 and NaN after every number. */
export interface Order {
  readonly bytes: number
  load(address: Expr<'i32'>): Expr
  /** Whether a comes strictly before b; both are evaluated more than once. */
  before(a: Expr, b: Expr): Expr<'i32'>
}

/** a < b, or b is NaN and a is not. */
const floatOrder = <T extends 'f32' | 'f64'>(
  bytes: number,
  { lt, eq, ne }: Record<'lt' | 'eq' | 'ne', (a: Expr<T>, b: Expr<T>) => Expr<'i32'>>,
  load: (address: Expr<'i32'>) => Expr<T>,
): Order => ({
  bytes,
  load,
  before(x, y) {
    const [a, b] = [x, y] as [Expr<T>, Expr<T>]
    return i32.or(lt(a, b), i32.and(ne(b, b), eq(a, a)))
  },
})

/** The order of each dtype. */
export const orderOf: Readonly<Record<OrderedDType, Order>> = {
  f32: floatOrder(4, f32, address => f32.load(address)),
  f64: floatOrder(8, f64, address => f64.load(address)),
  i32: {
    bytes: 4,
    load: address => i32.load(address),
    before: (a, b) => i32.ltS(a as Expr<'i32'>, b as Expr<'i32'>),
  },
}
