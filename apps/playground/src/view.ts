import { formatByteSize } from '@wengert/tape'

/** What the form asks for. */
export interface Options {
  readonly model: 'mlp' | 'cnn'
  readonly workers: number
  /** Bytes. */
  readonly memory: number
  readonly epochs: number
  readonly batch: number
  readonly seed: number
}

const element = <T extends HTMLElement>(id: string): T => {
  const found = document.getElementById(id)
  if (!found) throw new Error(`The page has no element #${id}.`)
  return found as T
}

const form = element<HTMLFormElement>('options')
const start = element<HTMLButtonElement>('start')
const stop = element<HTMLButtonElement>('stop')

/** Elements that the program writes. */
export const chartElement = element('chart')

/** Calls back when training is asked for, and when it shall stop. */
export function onCommands(train: (options: Options) => void, halt: () => void): void {
  form.addEventListener('submit', event => {
    event.preventDefault()
    train(readOptions())
  })
  stop.addEventListener('click', halt)
}

/** Fills in the number of workers. */
export function offerWorkers(cores: number): void {
  ;(form.elements.namedItem('workers') as HTMLInputElement).value = String(cores)
}

function readOptions(): Options {
  const value = (name: string) =>
    (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement).value
  return {
    model: value('model') as Options['model'],
    workers: Number(value('workers')),
    memory: Math.floor(Number(value('memory')) * 2 ** 20),
    epochs: Number(value('epochs')),
    batch: Number(value('batch')),
    seed: Number(value('seed')),
  }
}

/** Switches between a page that waits and one that trains. */
export function showRunning(running: boolean): void {
  start.disabled = running
  stop.disabled = !running
  for (const control of form.elements) {
    if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement)
      control.disabled = running
  }
}

/** A sentence about what is going on. */
export function showStatus(text: string): void {
  element('status').textContent = text
}

/** An error as a screen of text; undefined takes it away. */
export function showError(error: unknown): void {
  const screen = element('error')
  screen.hidden = error === undefined
  screen.textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error ?? '')
}

/** Facts that change while training; those that are left out stay. */
export interface Facts {
  /** Share of all steps that are done, 0 … 1. */
  readonly done?: number
  readonly loss?: number
  readonly accuracy?: number
  readonly rowsPerSecond?: number
  readonly workers?: string
  readonly budgetBytes?: number
  readonly peakBytes?: number
  readonly fingerprint?: string
}

/** Shows facts. */
export function showFacts(facts: Facts): void {
  const { done, loss, accuracy, rowsPerSecond, workers, budgetBytes, peakBytes, fingerprint } = facts
  const write = (id: string, text: string | undefined) => {
    if (text !== undefined) element(id).textContent = text
  }
  if (done !== undefined) element<HTMLProgressElement>('bar').value = done
  write('loss', loss?.toFixed(4))
  write('accuracy', accuracy === undefined ? undefined : `${(100 * accuracy).toFixed(2)} %`)
  write('speed', rowsPerSecond === undefined ? undefined : Math.round(rowsPerSecond).toLocaleString('en'))
  write('workers', workers)
  write('budget', budgetBytes === undefined ? undefined : formatByteSize(budgetBytes))
  write('peak', peakBytes === undefined ? undefined : formatByteSize(peakBytes))
  write('fingerprint', fingerprint)
  if (budgetBytes !== undefined && peakBytes !== undefined) {
    const bar = element('memory').firstElementChild as HTMLElement
    bar.style.width = `${(100 * peakBytes) / budgetBytes}%`
  }
}

/** Takes away what an earlier training has left. */
export function clearFacts(): void {
  for (const id of ['loss', 'accuracy', 'speed', 'workers', 'budget', 'peak', 'fingerprint']) {
    element(id).textContent = '–'
  }
  element<HTMLProgressElement>('bar').value = 0
  showError(undefined)
}
