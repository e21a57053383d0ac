import type { Objectives } from '../own/index.js'
import { cnn } from './cnn.js'
import { conv } from './conv.js'
import { elementwise } from './elementwise.js'
import { gemm } from './gemm.js'
import { layers } from './layers.js'
import { lstm } from './lstm.js'
import { mlp } from './mlp.js'
import { ode } from './ode.js'
import { rnn } from './rnn.js'
import { rosenbrock } from './rosenbrock.js'
import { scalar } from './scalar.js'
import { startup } from './startup.js'
import { transformer } from './transformer.js'

export type { Contest, Scale } from './suite.js'

/** All suites by name. */
export const suites = {
  gemm,
  elementwise,
  conv,
  layers,
  scalar,
  mlp,
  cnn,
  rnn,
  lstm,
  transformer,
  rosenbrock,
  ode,
  startup,
} as const

/** The name of a suite. */
export type SuiteName = keyof typeof suites

/** The names of all suites. */
export const suiteNames = Object.keys(suites) as readonly SuiteName[]

/** What this engine computes, by the kind of task. */
export const objectives: Objectives = Object.assign({}, ...Object.values(suites).map(one => one.objectives))
