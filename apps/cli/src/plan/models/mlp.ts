import { crossEntropy, mlp } from '@wengert/nn'
import { DIGITS } from './digits.js'
import { checkLength, denseAvals, f32, gradientProgram, i32, type PlannedModel } from './model.js'

/** A perceptron on handwritten digits as that of `wengert train`, with as many layers and rows as make a trade of bytes for cost. */
export const mlpModel: PlannedModel = {
  takes: ['batch', 'hidden'],
  gradient({ batch = 4096, hidden = [512, 512, 512, 512, 512] }) {
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
