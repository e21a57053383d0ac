import { tryTurbo } from '@wengert/kernels'
import { OptionError } from '@wengert/tape'
import type { Engine, GivenTask } from '../engine/index.js'
import { called } from './called.js'
import { inArena } from './in-arena.js'
import type { Objective } from './objective.js'
import type { OwnOptions } from './options.js'
import { scheduled } from './scheduled.js'
import { yardstickOf } from './yardstick.js'

export type { Objective } from './objective.js'
export type { OwnOptions } from './options.js'

/** Objectives by the kind of task. */
export type Objectives = Readonly<Record<string, Objective>>

const ways = { call: called, arena: inArena, inPlace: inArena, scheduler: scheduled }

/** This engine, on its public API. */
export const ownEngine = (objectives: Objectives): Engine => ({
  async prepare(task: GivenTask, options: unknown) {
    const objective = objectives[task.kind]
    if (!objective) throw new OptionError({ summary: `There is no task \`${task.kind}\`.` })
    const own = options as OwnOptions
    const trouble = own.turbo ? tryTurbo() : undefined
    if (trouble !== undefined) throw new OptionError({ summary: `No turbo: ${trouble}.` })
    const prepared = await ways[own.how](objective, task, own)
    const yardstick = yardstickOf(own.yardstick, task)
    return { ...prepared, ...(yardstick && { yardstick }) }
  },
})
