// A character model of long short-term memories whose matrices are diagonal.
import { concat, exp, grad, jit, log, scan, sigmoid, stack, sum, type Tensor, tanh } from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'

/** What the loss is differentiated by. L layers, b bits of a character. */
type Parameters = {
  /** Weights and then biases of each layer, of its forget, input, output and change gates; [L, 2, 4, b] */
  readonly main: Tensor
  /** Weight of the input, weight and bias of the output; [3, b] */
  readonly extra: Tensor
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

/** Mean negative log-likelihood of the characters of a sequence [length, b], each but the first predicted from those before. */
function loss({ main, extra }: Parameters, layers: Tensor, sequence: Tensor): Tensor {
  const [length, b] = sequence.shape as [number, number]
  const [, logLikelihoods] = scan(
    (layers: Tensor, [character, next]: readonly [Tensor, Tensor]) => {
      let x = character.mul(extra.at(0))
      const states = Array.from({ length: main.shape[0] as number }, (_, k) => {
        const [hidden, cell] = layer(main.at(k), x, layers.at(k).at(0), layers.at(k).at(1))
        x = hidden
        return stack([hidden, cell])
      })
      // log p = y − log(2 + Σ exp y), the 2 being this benchmark's own
      const y = x.mul(extra.at(1)).add(extra.at(2))
      const logp = y.sub(log(sum(exp(y)).add(2)))
      return [stack(states), sum(logp.mul(next))] as const
    },
    layers,
    [sequence.slice([0], [length - 1]), sequence.slice([1], [length])] as const,
  )
  return logLikelihoods.sum().div(-(length - 1) * b)
}

interface Problem {
  readonly params: Parameters
  /** Hidden state and cell of each layer; [L, 2, b] */
  readonly layers: Tensor
  readonly sequence: Tensor
}

function problemOf(input: Input): Problem {
  const sequence = input.at('sequence').tensor(-1, -1)
  const b = sequence.shape[1] as number
  const L = input.at('main_params').list.length / 2
  const main = input.at('main_params').tensor(2 * L, 4 * b)
  const layers = input.at('state').tensor(2 * L, b)
  return {
    params: { main: main.reshape([L, 2, 4, b]), extra: input.at('extra_params').tensor(3, b) },
    layers: layers.reshape([L, 2, b]),
    sequence,
  }
}

export const lstm: Module = {
  objective(input) {
    const { params, layers, sequence } = problemOf(input)
    const objective = jit(loss)
    return task(() => objective(params, layers, sequence))
  },
  jacobian(input) {
    const { params, layers, sequence } = problemOf(input)
    const gradient = grad(loss)
    return task(() => {
      const { main, extra } = gradient(params, layers, sequence)
      return concat([main.reshape([-1]), extra.reshape([-1])])
    })
  },
}
