/** erf(x) = 2/√π·exp(−x²)·Σ 2ⁿ·x^(2n+1) / (1·3·…·(2n+1)), for any x that is not large. */
function erfSeries(x: number): number {
  let [term, sum] = [x, x]
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

/** erfc(x) = exp(−x²)/√π / (x + ½/(x + 1/(x + ³⁄₂/(x + …)))), for x > 1. */
function erfcFraction(x: number): number {
  if (x > 30) return 0
  let bottom = x
  for (let k = 400; k > 0; k--) bottom = x + k / 2 / bottom
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / bottom
}

/** The error function. */
export function erf(x: number): number {
  if (x === 0 || Number.isNaN(x)) return x
  return Math.abs(x) < 2 ? erfSeries(x) : Math.sign(x) * (1 - erfcFraction(Math.abs(x)))
}

/** 1 − erf(x). */
export const erfc = (x: number): number => (x < 1 ? 1 - erf(x) : erfcFraction(x))
