// A character model of long short-term memories whose matrices are diagonal.
import { concat, exp, log, sigmoid, stack, sum, type Tensor, tanh, tensor } from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'
import { type Loop, loop } from './loop.js'

/** What the loss is differentiated by. L layers, b bits of a character. */
type Parameters = {
  /** Weights and then biases of each layer, of its forget, input, output and change gates; [L, 2, 4, b] */
  readonly main: Tensor
  /** Weight of the input, weight and bias of the output; [3, b] */
  readonly extra: Tensor
}

type State = {
  /** Hidden state and cell of each layer; [L, 2, b] */
  readonly layers: Tensor
  /** Log-likelihood so far. */
  readonly total: Tensor
}

/** One layer at one time, from its input, hidden state and cell to the next hidden state and cell. */
function layer(gates: Tensor, input: Tensor, hidden: Tensor, cell: Tensor): [Tensor, Tensor] {
  const [weights, biases] = [gates.at(0), gates.at(1)]
  const gate = (k: number, x: Tensor) => x.mul(weights.at(k)).add(biases.at(k))
  const forget = sigmoid(gate(0, input))
  const ingate = sigmoid(gate(1, hidden))
  const outgate = sigmoid(gate(2, input))
  const change = tanh(gate(3, hidden))
  const next = cell.mul(forget).add(ingate.mul(change))
  return [outgate.mul(tanh(next)), next]
}

/** Goes on by the characters of a window, [count + 1, b]: each of them but the first is predicted from those before. */
function read({ layers, total }: State, { main, extra }: Parameters, window: Tensor): State {
  const [L, count] = [main.shape[0] as number, window.shape[0]! - 1]
  const state = Array.from({ length: L }, (_, k): [Tensor, Tensor] => [
    layers.at(k).at(0),
    layers.at(k).at(1),
  ])
  const inputs = window.mul(extra.at(0))
  const tops: Tensor[] = []
  for (let t = 0; t < count; t++) {
    let x = inputs.at(t)
    state.forEach(([hidden, cell], k) => {
      state[k] = layer(main.at(k), x, hidden, cell)
      x = state[k]![0]
    })
    tops.push(x)
  }
  // log p = y − log(2 + Σ exp y), the 2 being this benchmark's own
  const y = stack(tops).mul(extra.at(1)).add(extra.at(2))
  const logp = y.sub(log(sum(exp(y), { axis: 1, keepdims: true }).add(2)))
  return {
    layers: stack(state.map(pair => stack(pair))),
    total: total.add(sum(logp.mul(window.slice([1], [count + 1])))),
  }
}

/** Characters that are recorded together. */
const WINDOW = 16

interface Problem {
  readonly params: Parameters
  readonly windows: readonly Tensor[]
  readonly loss: Loop<Parameters, State, Tensor>
}

function problemOf(input: Input): Problem {
  const sequence = input.at('sequence').tensor(-1, -1)
  const [length, b] = sequence.shape as [number, number]
  const L = input.at('main_params').list.length / 2
  const params = {
    main: input
      .at('main_params')
      .tensor(2 * L, 4 * b)
      .reshape([L, 2, 4, b]),
    extra: input.at('extra_params').tensor(3, b),
  }
  const layers = input
    .at('state')
    .tensor(2 * L, b)
    .reshape([L, 2, b])
  const windows = Array.from({ length: Math.ceil((length - 1) / WINDOW) }, (_, k) =>
    sequence.slice([k * WINDOW], [Math.min((k + 1) * WINDOW + 1, length)]),
  )
  const loss = loop({
    begin: (_: Parameters): State => ({ layers, total: tensor(0, { dtype: 'f64' }) }),
    step: read,
    end: ({ total }: State) => total.div(-(length - 1) * b),
  })
  return { params, windows, loss }
}

export const lstm: Module = {
  objective(input) {
    const { params, windows, loss } = problemOf(input)
    return task(() => loss.value(params, windows))
  },
  jacobian(input) {
    const { params, windows, loss } = problemOf(input)
    return task(() => {
      const { main, extra } = loss.reverse(params, windows).gradient
      return concat([main.reshape([-1]), extra.reshape([-1])])
    })
  },
}
