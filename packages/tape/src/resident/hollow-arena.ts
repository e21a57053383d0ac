import type { Arena } from '../run/index.js'

/** What residents ask of the arena that they are in. */
export type ArenaLike = Pick<
  Arena,
  'call' | 'load' | 'maximumBytes' | 'memory' | 'move' | 'put' | 'reserve' | 'run' | 'write'
>

/** An arena without memory: residents find out what would lie where, and nothing is computed. */
export class HollowArena implements ArenaLike {
  readonly maximumBytes: number

  constructor(maximumBytes: number) {
    this.maximumBytes = maximumBytes
  }

  /** @throws Error: nothing can be read. */
  get memory(): never {
    throw new Error('A hollow arena has no memory.')
  }

  call(): void {}
  load(): void {}
  move(): void {}
  put(): void {}
  reserve(): void {}
  run(): void {}
  write(): void {}
}
