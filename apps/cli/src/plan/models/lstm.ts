import { crossEntropy, dense, embedding, type LstmState, lstmCell } from '@wengert/nn'
import { scan, zeros } from '@wengert/tape'
import { BYTES, checkLength, denseAvals, f32, gradientProgram, i32, type PlannedModel } from './model.js'

/** LSTM layers that guess the next byte of a text, step by step in a `scan`. */
export const lstmModel: PlannedModel = {
  takes: ['batch', 'hidden', 'steps', 'spill'],
  gradient({ batch = 64, hidden = [128], steps = 128 }) {
    const features = hidden[0] as number
    const cells = hidden.map((units, k) => {
      const inputs = hidden[k - 1] ?? features
      checkLength('--hidden', Math.max(inputs, units, batch, BYTES) * 4 * units)
      return { wx: f32(inputs, 4 * units), wh: f32(units, 4 * units), b: f32(4 * units) }
    })
    checkLength('--steps', steps * batch * Math.max(...hidden))
    const params = {
      words: { table: f32(BYTES, features) },
      cells,
      head: denseAvals(hidden.at(-1) as number, BYTES),
    }
    const program = gradientProgram(
      ({ words, cells, head }, x, y) => {
        const first = hidden.map(
          (units): LstmState => ({ h: zeros([batch, units]), c: zeros([batch, units]) }),
        )
        const [{ total }] = scan(
          ({ states, total }, row) => {
            let out = embedding(words, row.x)
            const next = cells.map((cell, k) => {
              const state = lstmCell(cell, states[k] as LstmState, out)
              out = state.h
              return state
            })
            return [{ states: next, total: total.add(crossEntropy(dense(head, out), row.y)) }, null]
          },
          { states: first, total: zeros([batch]) },
          { x, y },
        )
        return total.div(steps)
      },
      params,
      i32(steps, batch),
      i32(steps, batch),
    )
    return { title: `lstm over ${batch} rows of ${steps} steps`, options: { batch, hidden, steps }, program }
  },
}
