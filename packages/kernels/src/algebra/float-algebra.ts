import { cos, exp, FloatVectors, log, sigmoid, sin, tanh, type V } from '../math/index.js'
import type { Algebra } from './algebra.js'

/** Arithmetic of f32 in 4 lanes or of f64 in 2. */
export class FloatAlgebra extends FloatVectors implements Algebra {
  exp(a: V): V {
    return exp(this, a)
  }

  log(a: V): V {
    return log(this, a)
  }

  sin(a: V): V {
    return sin(this, a)
  }

  cos(a: V): V {
    return cos(this, a)
  }

  tanh(a: V): V {
    return tanh(this, a)
  }

  sigmoid(a: V): V {
    return sigmoid(this, a)
  }
}
