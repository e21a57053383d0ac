import { SingleBar } from 'cli-progress'
import { interactive } from './say.js'

/** A progress bar over the rows of all epochs, where somebody watches; otherwise nothing. */
export class TrainingBar {
  readonly #bar: SingleBar | undefined
  readonly #epochs: number
  #rows = 0

  constructor(rows: number, epochs: number) {
    this.#epochs = epochs
    if (!interactive()) return
    this.#bar = new SingleBar({
      format: 'epoch {epoch} {bar} {percentage} %  loss {loss}  {rate} rows/s  {eta_formatted} left',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
      barCompleteChar: '━',
      barIncompleteChar: '─',
      etaBuffer: 50,
    })
    this.#bar.start(rows * epochs, 0, { epoch: `0/${epochs}`, loss: '…', rate: '…' })
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
