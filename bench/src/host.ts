import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

/** The machine on which figures were measured, and when. */
export interface Host {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  readonly node: string
  /** ISO 8601, in UTC. */
  readonly date: string
}

/** This machine, now. */
export const host = (): Host => ({
  cpu: cpus()[0]?.model.trim() || process.arch,
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  system: `${type()} ${release()}`,
  node: process.versions.node,
  date: new Date().toISOString(),
})
