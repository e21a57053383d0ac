import { crossEntropy, mlp } from '@wengert/nn'
import { DIGITS } from './digits.js'
import { checkLength, denseAvals, f32, gradientProgram, i32, type PlannedModel } from './model.js'

/** The perceptron of `wengert train`, on handwritten digits. */
export const mlpModel: PlannedModel = {
  takes: ['batch', 'hidden'],
  gradient({ batch = 1024, hidden = [256, 256] }) {
    const sizes = [DIGITS.features, ...hidden, DIGITS.classes]
    const { apply } = mlp({ sizes })
    const layers = sizes.slice(1).map((outputs, k) => {
      const inputs = sizes[k] as number
      checkLength('--hidden', Math.max(inputs, batch) * outputs)
      return denseAvals(inputs, outputs)
    })
    return {
      title: `mlp over ${batch} rows`,
      options: { batch, hidden },
      program: gradientProgram(
        (p, x, y) => crossEntropy(apply(p, x), y),
        layers,
        f32(batch, DIGITS.features),
        i32(batch),
      ),
    }
  },
}
