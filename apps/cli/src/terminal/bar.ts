import { type Options, SingleBar } from 'cli-progress'
import { interactive } from './say.js'

/** A bar where somebody watches; it takes itself away. */
const barOf = (options: Options): SingleBar | undefined =>
  interactive()
    ? new SingleBar({
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        barsize: 24,
        barCompleteChar: '━',
        barIncompleteChar: '─',
        ...options,
      })
    : undefined

/** A progress bar over the rows of all epochs, where somebody watches; otherwise nothing. */
export class TrainingBar {
  readonly #bar: SingleBar | undefined
  readonly #epochs: number
  #rows: number

  /** @param begun rows that were learnt from before */
  constructor(rows: number, epochs: number, begun = 0) {
    this.#epochs = epochs
    this.#rows = begun
    this.#bar = barOf({
      format: 'epoch {epoch} {bar} {percentage} %  loss {loss}  {rate} rows/s  {eta_formatted} left',
      etaBuffer: 50,
    })
    this.#bar?.start(rows * epochs, begun, { epoch: `0/${epochs}`, loss: '…', rate: '…' })
  }

  /** Moves on by the rows of a step. */
  step(rows: number, epoch: number, loss: number, rowsPerSecond: number): void {
    this.#rows += rows
    this.#bar?.update(this.#rows, {
      epoch: `${epoch}/${this.#epochs}`,
      loss: loss.toFixed(4),
      rate: Math.round(rowsPerSecond),
    })
  }

  /** Takes the bar away and shows the cursor again. */
  stop(): void {
    this.#bar?.stop()
  }
}

/** A progress bar over what is done in turns, one phase after another, where somebody watches; otherwise nothing. */
export class PhaseBar {
  #bar: SingleBar | undefined

  /** Says how far a phase is, and whose turn it is. */
  show(phase: string, turn: string, done: number, of: number): void {
    if (this.#bar) this.#bar.setTotal(of)
    else {
      this.#bar = barOf({ format: '  {phase} {bar} {value}/{total}  {turn}  {duration_formatted}' })
      this.#bar?.start(of, done, { phase, turn })
    }
    this.#bar?.update(done, { phase, turn })
  }

  /** Takes the bar away and shows the cursor again, until more is to be shown. */
  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}
