/**
 * Payne & Hanek (1983), "Radian reduction for trigonometric functions": x = M·2^E with an integer M < 2⁵³, and of
 * the product with 2/π only the bits between weight 2 and 2⁻¹²⁶ are computed. Those above are multiples of 4 and
 * change no quadrant; those below change r by less than 2⁻¹²⁵, where |r| > 2⁻⁶² for every x.
 *
 * For 2¹⁹ < x < ∞. About 0.1 µs a number.
 */
import { type Expr, type Func, f64, i32, i64, type Local, type ModuleBuilder } from '../wasm/index.js'
import { bitsOfTwoOverPi } from './two-over-pi.js'

type I64 = Expr<'i64'>

const PI_2 = { high: 1.5707963267948966, low: 6.123233995736766e-17 }

const shiftRight = (a: I64, by: number) => i64.shrU(a, i64.const(BigInt(by)))
const shiftLeft = (a: I64, by: number) => i64.shl(a, i64.const(BigInt(by)))
const lowHalf = (a: I64) => i64.and(a, i64.const(0xffffffffn))

/** (x f64) → (r f64, tail f64, quadrant i64): x = (quadrant + 4k)·π/2 + r + tail, |r| ≤ π/4. */
export function payneHanek(module: ModuleBuilder): Func {
  const bits = bitsOfTwoOverPi(module)
  const multiplyHigh = highProduct(module)
  return module.define('payne-hanek', ['f64'], ['f64', 'f64', 'i64'], (f, x) => {
    const raw = f.local(i64.reinterpretF64(x))
    const exponent = i32.wrapI64(shiftRight(raw, 52))
    const fraction = i64.and(raw, i64.const((1n << 52n) - 1n))
    const integer = f.local(i64.or(fraction, i64.const(1n << 52n)))
    // E = exponent − 1075, and the bit of 2/π whose product with 2^E weighs 2 is number E + 62.
    const first = f.int(i32.sub(exponent, 1075 - 62))
    const [w0, w1, w2] = [0, 64, 128].map(offset => {
      const word = f.local('i64')
      f.setAll([word], bits, [i32.add(first, offset)])
      return word
    }) as [Local<'i64'>, Local<'i64'>, Local<'i64'>]

    // The product modulo 4, without its lowest 64 bits: units of 2⁻¹²⁶.
    const carried = f.local('i64')
    f.setAll([carried], multiplyHigh, [integer, w2])
    const middle = f.local(i64.add(carried, i64.mul(integer, w1)))
    const carry = f.local(i64.extendI32U(i64.ltU(middle, carried)))
    f.setAll([carried], multiplyHigh, [integer, w1])
    const top = f.local(i64.add(i64.add(carried, i64.mul(integer, w0)), carry))

    // The fraction in [−½, ½) of a quadrant, as a signed number of 128 bits.
    const high = f.local(i64.or(shiftLeft(top, 2), shiftRight(middle, 62)))
    const low = f.local(shiftLeft(middle, 2))
    const quadrant = f.local(i64.add(shiftRight(top, 62), shiftRight(high, 63)))

    const piece = (value: I64, weight: number) => f64.mul(f64.convertI64S(value), f64.const(2 ** weight))
    const a = f.local(piece(i64.shrS(high, i64.const(32n)), -32))
    const b = f.local(piece(lowHalf(high), -64))
    const sum = f.local(f64.add(a, b))
    const rest = f64.add(piece(shiftRight(low, 32), -96), piece(lowHalf(low), -128))
    const small = f.local(f64.add(f64.sub(b, f64.sub(sum, a)), rest))
    const turn = f.local(f64.add(sum, small))
    const turnTail = f.local(f64.sub(small, f64.sub(turn, sum)))

    // (turn + turnTail)·π/2, the first product without error (Dekker 1971).
    const product = f.local(f64.mul(turn, f64.const(PI_2.high)))
    const upper = (value: Expr<'f64'>) => {
      const scaled = f.local(f64.mul(value, f64.const(2 ** 27 + 1)))
      return f.local(f64.sub(scaled, f64.sub(scaled, value)))
    }
    const turnUp = upper(turn)
    const turnDown = f.local(f64.sub(turn, turnUp))
    const piUp = upper(f64.const(PI_2.high))
    const piDown = f.local(f64.sub(f64.const(PI_2.high), piUp))
    const cross = f64.add(
      f64.add(f64.sub(f64.mul(turnUp, piUp), product), f64.mul(turnUp, piDown)),
      f64.mul(turnDown, piUp),
    )
    const error = f64.add(cross, f64.mul(turnDown, piDown))
    const lower = f64.add(f64.mul(turn, f64.const(PI_2.low)), f64.mul(turnTail, f64.const(PI_2.high)))
    const tail = f.local(f64.add(error, lower))
    const r = f.local(f64.add(product, tail))
    f.result(r, f64.sub(tail, f64.sub(r, product)), quadrant)
  })
}

/** (a i64, b i64) → the upper 64 bits of their unsigned product, from products of 32-bit halves. */
function highProduct(module: ModuleBuilder): Func {
  return module.define('i64:multiply-high', ['i64', 'i64'], ['i64'], (f, a, b) => {
    const [aLow, aHigh] = [f.local(lowHalf(a)), f.local(shiftRight(a, 32))]
    const [bLow, bHigh] = [f.local(lowHalf(b)), f.local(shiftRight(b, 32))]
    const first = f.local(i64.add(i64.mul(aHigh, bLow), shiftRight(i64.mul(aLow, bLow), 32)))
    const second = i64.add(i64.mul(aLow, bHigh), lowHalf(first))
    f.result(i64.add(i64.add(i64.mul(aHigh, bHigh), shiftRight(first, 32)), shiftRight(second, 32)))
  })
}
