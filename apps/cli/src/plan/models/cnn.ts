import { cnn, crossEntropy } from '@wengert/nn'
import { DIGITS } from './digits.js'
import { f32, gradientProgram, i32, type PlannedModel } from './model.js'

/** The convolutional network of `wengert train`, on handwritten digits. */
export const cnnModel: PlannedModel = {
  takes: ['batch'],
  gradient({ batch = 1024 }) {
    const { init, apply } = cnn({ classes: DIGITS.classes })
    const { convolutions, head } = init(0)
    return {
      title: `cnn over ${batch} rows`,
      options: { batch },
      program: gradientProgram(
        (p, x, y) => crossEntropy(apply(p, x), y),
        {
          convolutions: convolutions.map(({ w, b }) => ({ w: w.aval, b: b.aval })),
          head: { w: head.w.aval, b: head.b.aval },
        },
        f32(batch, DIGITS.features),
        i32(batch),
      ),
    }
  },
}
