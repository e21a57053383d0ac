import { opfsStore } from '@wengert/tape'

/** What one worker of several is to do. */
export interface Stress {
  /** One memory of all workers, where the page can share it. */
  readonly memory: WebAssembly.Memory | undefined
  /** First page of this worker in it. */
  readonly page: number
  /** Pages of this worker: a half for a record that leaves, a half for one that comes back. */
  readonly pages: number
  /** An odd number, by which records of workers differ. */
  readonly seed: number
  /** How often a store is opened. */
  readonly stores: number
}

const PAGE_BYTES = 65536
const RUNS = 4
const RECORDS = 6
const BLOCK = 512

/** Lengths of records: a few bytes, parts of blocks, more than what goes to a file at once. */
const LENGTHS = [4, 508, 40_000, 123_456, 2 ** 20 + 12, 2 ** 21]

/** Fills words so that no two records have one alike at one place. */
function fill(words: Int32Array, seed: number): void {
  for (let k = 0; k < words.length; k++) words[k] = Math.imul(k + 1, seed)
}

function wrongIn(words: Int32Array, seed: number): number {
  let wrong = 0
  for (let k = 0; k < words.length; k++) if (words[k] !== Math.imul(k + 1, seed)) wrong++
  return wrong
}

/** Writes records and reads them back, last ones first, in several stores one after the other. */
async function work({ memory, page, pages, seed: first, stores }: Stress): Promise<number> {
  const buffer = memory?.buffer ?? new ArrayBuffer(pages * PAGE_BYTES)
  const [out, back] = memory ? [page, page + pages / 2] : [0, pages / 2]
  const at = (from: number, bytes: number) => new Uint8Array(buffer, from * PAGE_BYTES, bytes)
  const words = ({ buffer, byteOffset, length }: Uint8Array) => new Int32Array(buffer, byteOffset, length / 4)
  let seed = first
  let records = 0
  for (let opened = 0; opened < stores; opened++) {
    const store = await opfsStore()
    for (let run = 0; run < RUNS; run++) {
      const written: { slot: number; length: number; seed: number }[] = []
      let slot = 0
      for (let k = 0; k < RECORDS; k++) {
        seed = Math.imul(seed, 1664525) | 1
        const length = LENGTHS[(k + run + opened) % LENGTHS.length] as number
        const record = at(out, length)
        fill(words(record), seed)
        store.write(slot, record)
        // What an arena does next: something else comes to lie where the record was.
        record.fill(0xff)
        written.push({ slot, length, seed })
        slot += Math.ceil(length / BLOCK)
      }
      for (const one of written.toReversed()) {
        const record = at(back, one.length)
        store.read(one.slot, record)
        const wrong = wrongIn(words(record), one.seed)
        if (wrong > 0) throw new Error(`${wrong} words of ${one.length / 4} are wrong`)
        records++
      }
      store.clear()
    }
    await store.close()
  }
  return records
}

addEventListener('message', ({ data }) =>
  work(data as Stress).then(postMessage, error => postMessage(String(error))),
)
