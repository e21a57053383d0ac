import type { Module } from '../task.js'
import { ba } from './ba.js'
import { determinant } from './det.js'
import { gmm } from './gmm.js'
import { hello } from './hello.js'
import { ht } from './ht.js'
import { kmeans } from './kmeans.js'
import { llsq } from './llsq.js'
import { lse } from './lse.js'
import { lstm } from './lstm.js'
import { ode } from './ode.js'
import { particles } from './particle.js'
import { saddles } from './saddle.js'

/** The modules of GradBench, by the names that its evals define. */
export const modules: Readonly<Record<string, Module>> = {
  hello,
  llsq,
  lse,
  det: determinant,
  ode,
  gmm,
  kmeans,
  ht,
  ba,
  lstm,
  particle: particles,
  saddle: saddles,
}
