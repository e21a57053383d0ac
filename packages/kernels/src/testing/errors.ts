/** Error functions in double-double arithmetic. */
import {
  add,
  div,
  expPair,
  mul,
  negative,
  type Pair,
  type Precise,
  precise,
  scale,
  twoProduct,
} from './double-double.js'

const TWO_OVER_ROOT_PI = add([1, 0], [0.1283791670955126, -1.2420116002463032e-17])

/** Where the series ends and the continued fraction begins. */
const BORDER = 2

/** exp(−x²) as pair·2^exponent. */
function gaussian(x: number) {
  const [high, low] = twoProduct(x, x)
  return expPair(-high, -low)
}

/** erf(x) = 2/√π·exp(−x²)·Σ 2ⁿ·x^(2n+1) / (1·3·…·(2n+1)). */
function series(x: number): Pair {
  const square = twoProduct(x, x)
  let [term, sum]: [Pair, Pair] = [
    [1, 0],
    [1, 0],
  ]
  for (let n = 1; n < 80; n++) {
    term = div(mul(term, mul(square, [2, 0])), [2 * n + 1, 0])
    sum = add(sum, term)
  }
  const { pair, exponent } = gaussian(x)
  return mul(mul([x, 0], mul(sum, TWO_OVER_ROOT_PI)), scale(pair, exponent))
}

/** erfc(x) = exp(−x²)/√π / (x + ½/(x + 1/(x + ³⁄₂/(x + …)))). */
function fraction(x: number): Precise {
  let bottom: Pair = [x, 0]
  for (let k = x < 4 ? 160 : 60; k > 0; k--) bottom = add([x, 0], div([k / 2, 0], bottom))
  const { pair, exponent } = gaussian(x)
  return precise(div(mul(pair, scale(TWO_OVER_ROOT_PI, -1)), bottom), exponent)
}

/** 1 − erf(x). */
export function erfc(x: number): Precise {
  if (x > BORDER) return fraction(Math.min(x, 28))
  if (x > -BORDER) return precise(add([1, 0], negative(series(x))))
  return precise(add([2, 0], negative(tailPair(-x))))
}

/** 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: number): Precise {
  if (Math.abs(x) < 2 ** -300) return precise(mul([x * 2 ** 600, 0], TWO_OVER_ROOT_PI), -600)
  if (Math.abs(x) < BORDER) return precise(series(x))
  const size = add([1, 0], negative(tailPair(Math.abs(x))))
  return precise(x < 0 ? negative(size) : size)
}

const tailPair = (x: number): Pair => {
  const { high, low, exponent } = fraction(Math.min(x, 20))
  return scale([high, low], exponent)
}
