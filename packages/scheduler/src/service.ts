import {
  Arena,
  type Data,
  type Executable,
  instantiate,
  OptionError,
  openStore,
  type SpillStore,
} from '@wengert/tape'
import { transfer } from 'comlink'
import { packFault } from './fault.js'
import { parcelViews, travellers } from './parcel.js'
import type { LaneService, Parcel, Reply } from './protocol.js'

/** The service of a worker, the same in Node and in browsers. */
export function createService(): LaneService {
  const executables = new Map<string, Executable>()
  const runs = new Map<string, () => void>()
  let adopted: WebAssembly.Memory | undefined
  let own: Arena | undefined
  let store: SpillStore | undefined

  const executableOf = (hash: string): Executable => {
    const executable = executables.get(hash)
    if (executable) return executable
    throw new OptionError({ summary: `The worker has no executable ${hash}.`, fix: 'load it first' })
  }

  const runOf = (hash: string): (() => void) => {
    const known = runs.get(hash)
    if (known) return known
    if (!adopted) throw noArena()
    const { module, calls } = executableOf(hash)
    const instance = instantiate(module, adopted, store)
    const run = () => instance(calls.begin, calls.end)
    runs.set(hash, run)
    return run
  }

  const loadOwn = (hash: string): { arena: Arena; executable: Executable } => {
    if (!own) throw noArena()
    const executable = executableOf(hash)
    own.load(executable)
    return { arena: own, executable }
  }

  const unpack = (arena: Arena, { inputs }: Executable, pinned: boolean, values: readonly Data[]) => {
    let next = 0
    inputs.forEach((slot, k) => {
      if (slot.pinned === pinned) arena.write(k, values[next++] as Data)
    })
  }

  return {
    ready: spill =>
      answerLater(async () => {
        store = spill && (await openStore(spill))
        return null
      }),
    retire: () =>
      answerLater(async () => {
        await store?.close?.()
        return null
      }),
    adopt: memory =>
      answer(() => {
        adopted = memory
        runs.clear()
        return null
      }),
    allot: maximumBytes =>
      answer(() => {
        own = new Arena({ maximumBytes, spill: store })
        return null
      }),
    load: (executable, afresh) =>
      answer(() => {
        if (afresh) for (const known of [executables, runs]) known.clear()
        executables.set(executable.hash, executable)
        return null
      }),
    run: hash =>
      answer(() => {
        runOf(hash)()
        return null
      }),
    pin: (hash, buffer) =>
      answerParcel(() => {
        const { arena, executable } = loadOwn(hash)
        unpack(arena, executable, true, parcelViews(buffer, travellers(executable).pinned))
        return { buffer, arenaBytes: arena.bytes }
      }),
    compute: (hash, buffer) =>
      answerParcel(() => {
        const { arena, executable } = loadOwn(hash)
        unpack(arena, executable, false, parcelViews(buffer, travellers(executable).inputs))
        arena.run()
        parcelViews(buffer, travellers(executable).outputs).forEach((view, k) => {
          view.set(arena.view(executable.outputs[k] as Executable['outputs'][number]))
        })
        return { buffer, arenaBytes: arena.bytes }
      }),
  }
}

function answer<T>(compute: () => T): Reply<T> {
  try {
    return { value: compute() }
  } catch (error) {
    return { fault: packFault(error) }
  }
}

async function answerLater<T>(compute: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { value: await compute() }
  } catch (error) {
    return { fault: packFault(error) }
  }
}

function answerParcel(compute: () => Parcel): Reply<Parcel> {
  const reply = answer(compute)
  return 'value' in reply ? transfer(reply, [reply.value.buffer]) : reply
}

const noArena = () =>
  new OptionError({ summary: 'The worker has no arena.', fix: 'adopt or allot one first' })
