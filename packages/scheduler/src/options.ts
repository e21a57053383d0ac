import {
  type Arithmetic,
  type ByteSize,
  callerLocation,
  checkOneOf,
  checkOptions,
  directoryStore,
  OptionError,
  parseByteSize,
  type Reduction,
  type SpillPlace,
  shown,
  spillBytesOf,
} from '@wengert/tape'
import type { Platform, Thread, WorkerPlace } from './platform.js'

/** How inputs and outputs reach a worker: in memory both see, or in buffers that are handed over. */
export type Transport = 'shared' | 'transfer'

/** Options of {@link createScheduler}. */
export interface SchedulerOptions {
  /** Worker threads, 0 to 256; 0 computes in this thread. Default: one for each core. */
  readonly workers?: number | undefined
  /** Bytes that one execution cannot pass: the arenas of all lanes, the reduction, what travels. Default: no cap. */
  readonly memory?: ByteSize | undefined
  /**
   * Where loops may keep states that do not fit the memory, besides it: a directory, or `{ opfs: true }` in a browser. Each
   * lane has a file of its own there. Default: nowhere.
   */
  readonly spill?: SpillPlace | undefined
  /** How losses of rows become one number. Default `'mean'`, weighted if there are weights. */
  readonly reduction?: Reduction | undefined
  /** `'portable'` gives the same bits on every engine and processor. Default `'fast'`. */
  readonly arithmetic?: Arithmetic | undefined
  /** Milliseconds after which a worker that computes one shard is given up; Infinity for never. Default 10 minutes. */
  readonly deadlineMs?: number | undefined
  /** How often a shard may run again because its worker died, before the call is given up. Default 3. */
  readonly restarts?: number | undefined
  /**
   * Whether products are made for V8's re-vectoriser, for the whole process, from now on: `enableTurbo` is tried, which
   * takes a quarter of a second and leaves all as it is, with a warning, where nothing is gained or the host is a browser. The
   * bits are the same. Schedulers and compiled functions that are there already are not made anew. Default false.
   */
  readonly turbo?: boolean | undefined
  /**
   * Where the module of the workers is, for bundles that leave the package's own behind: one that is
   * `import '@wengert/scheduler/worker'` and nothing else, bundled by itself. Default: the package's own.
   */
  readonly workerUrl?: WorkerPlace | undefined
  /** @internal Default: `'shared'` where memory can be shared. */
  readonly transport?: Transport | undefined
}

/** Options, checked, with defaults. */
export interface Settings {
  readonly workers: number
  readonly budgetBytes: number | undefined
  readonly spill: SpillPlace | undefined
  /** Bytes of the store of each lane; 0 if there is none. */
  readonly spillBytes: number
  readonly reduction: Reduction
  readonly arithmetic: Arithmetic
  readonly deadlineMs: number
  readonly restarts: number
  readonly transport: Transport
  readonly turbo: boolean
  readonly spawn: () => Thread
}

/** Names of the options of a scheduler, on every host. */
const SCHEDULER_OPTIONS: readonly string[] = [
  'workers',
  'memory',
  'spill',
  'reduction',
  'arithmetic',
  'deadlineMs',
  'restarts',
  'turbo',
  'workerUrl',
]

/** Names of what tests alone set. */
const INTERNAL_OPTIONS: readonly string[] = ['transport']

const MOST_WORKERS = 256
const DEADLINE_MS = 600_000

/**
 * Checks options and fills in defaults.
 *
 * @throws {@link OptionError} for anything outside what is allowed, saying what is; SpillError if there is no such directory
 * to spill to, or none that may be written in.
 */
export function settingsOf(options: SchedulerOptions, platform: Platform): Settings {
  checkOptions('createScheduler', options, SCHEDULER_OPTIONS, [
    ...INTERNAL_OPTIONS,
    ...(platform.optionNames ?? []),
  ])
  const { workers, memory, reduction = 'mean', arithmetic = 'fast', deadlineMs = DEADLINE_MS } = options
  const {
    spill,
    restarts = 3,
    turbo = false,
    transport = platform.sharesMemory ? 'shared' : 'transfer',
  } = options
  return {
    workers: whole('workers', workers ?? Math.min(platform.cores, MOST_WORKERS), 0, MOST_WORKERS),
    budgetBytes: memory === undefined ? undefined : parseByteSize(memory),
    spill,
    spillBytes: spill === undefined ? 0 : storeBytesOf(spill),
    reduction: oneOf('reduction', reduction, ['mean', 'sum']),
    arithmetic: oneOf('arithmetic', arithmetic, ['fast', 'portable']),
    deadlineMs: positive('deadlineMs', deadlineMs),
    restarts: whole('restarts', restarts, 0, 1000),
    turbo: oneOf('turbo', turbo, [true, false]),
    transport: oneOf('transport', transport, ['shared', 'transfer']),
    spawn: spawnOf(options.workerUrl, platform),
  }
}

function spawnOf(worker: unknown, platform: Platform): () => Thread {
  if (worker === undefined || worker instanceof URL || typeof worker === 'string') {
    return () => platform.spawn(worker)
  }
  throw new OptionError({
    summary: `\`workerUrl\` is ${shown(worker)}.`,
    expected: 'the URL or the path of a module that imports @wengert/scheduler/worker',
    fix: "write `new URL('./worker.js', import.meta.url)`",
    at: callerLocation(),
    data: { option: 'workerUrl', value: shown(worker) },
  })
}

/** Bytes of the store of a lane. A directory that cannot be written in is refused here, before there are lanes. */
function storeBytesOf(place: SpillPlace): number {
  const bytes = spillBytesOf(place)
  return 'directory' in place ? directoryStore(place).bytes : bytes
}

function whole(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new OptionError({
    summary: `\`${option}\` is ${shown(value)}.`,
    expected: `a whole number from ${least} to ${most}`,
    fix:
      option === 'workers'
        ? 'leave it out for one worker a core, or pass 0 to compute in this thread'
        : undefined,
    at: callerLocation(),
    data: { option, value: shown(value) },
  })
}

function positive(option: string, value: number): number {
  if (typeof value === 'number' && value > 0) return value
  throw new OptionError({
    summary: `\`${option}\` is ${shown(value)}.`,
    expected: 'a positive number of milliseconds, or Infinity',
    at: callerLocation(),
    data: { option, value: shown(value) },
  })
}

function oneOf<T>(option: string, value: T, allowed: readonly T[]): T {
  checkOneOf(option, value, allowed)
  return value
}
