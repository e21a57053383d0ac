import type { ErrorParts } from '@wengert/tape'

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

/** What the page is called while nothing is trained. */
const TITLE = document.title

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

/** Switches between a page that waits and one that trains; the focus goes with what can be pressed. */
export function showRunning(running: boolean): void {
  const isHere = form.contains(document.activeElement)
  start.disabled = running
  stop.disabled = !running
  for (const control of form.elements) {
    if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement)
      control.disabled = running
  }
  if (isHere) (running ? stop : start).focus({ preventScroll: true })
}

/** A sentence about what is going on. */
export function showStatus(text: string): void {
  element('status').textContent = text
}

/** An error, below the sentence that says so; undefined takes it away. */
export function showError(error: unknown): void {
  const box = element('error')
  box.hidden = error === undefined
  box.replaceChildren(...(error === undefined ? [] : described(error)))
  if (error !== undefined) box.scrollIntoView({ block: 'nearest' })
}

/** What happened, and what Wengert says about it line by line. */
function described(error: unknown): readonly HTMLElement[] {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  // Errors of a chunk that is loaded later are told by what they carry.
  const { parts } = error as { readonly parts?: ErrorParts }
  const headline = textElement('p', `${name}: ${parts?.summary ?? message}`)
  const { expected, at, fix } = parts ?? {}
  const lines = Object.entries({ expected, at, fix }).flatMap(([label, text]) =>
    text === undefined ? [] : [textElement('dt', label), textElement('dd', text)],
  )
  if (lines.length === 0) return [headline]
  const list = document.createElement('dl')
  list.append(...lines)
  return [headline, list]
}

function textElement(name: string, text: string): HTMLElement {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

/** Facts that change while training; those that are left out stay. */
export interface Facts {
  /** Steps that are done, of how many. */
  readonly steps?: readonly [done: number, all: number]
  readonly loss?: number
  readonly accuracy?: number
  readonly rowsPerSecond?: number
  readonly workers?: string
  readonly memory?: {
    readonly budget: string
    readonly peak: string
    /** Peak by budget, 0 … 1. */
    readonly share: number
  }
  readonly fingerprint?: string
}

const percent = (share: number, digits: number) => `${(100 * share).toFixed(digits)} %`

/** Shows facts. */
export function showFacts({
  steps,
  loss,
  accuracy,
  rowsPerSecond,
  workers,
  memory,
  fingerprint,
}: Facts): void {
  const write = (id: string, text: string | undefined) => {
    if (text !== undefined) element(id).textContent = text
  }
  if (steps) {
    const [done, all] = steps
    element<HTMLProgressElement>('bar').value = done / all
    write('steps', `${done} of ${all}`)
    document.title = `${percent(done / all, 0)} · ${TITLE}`
  }
  write('loss', loss?.toFixed(4))
  write('accuracy', accuracy === undefined ? undefined : percent(accuracy, 2))
  write('speed', rowsPerSecond === undefined ? undefined : Math.round(rowsPerSecond).toLocaleString('en'))
  write('workers', workers)
  write('fingerprint', fingerprint)
  if (memory) {
    write('budget', memory.budget)
    write('peak', memory.peak)
    write('share', percent(memory.share, 0))
    element<HTMLMeterElement>('memory').value = memory.share
  }
}

/** Takes away what an earlier training has left. */
export function clearFacts(): void {
  for (const id of [
    'loss',
    'accuracy',
    'speed',
    'workers',
    'budget',
    'peak',
    'fingerprint',
    'steps',
    'share',
  ]) {
    element(id).textContent = '–'
  }
  element<HTMLProgressElement>('bar').value = 0
  element<HTMLMeterElement>('memory').value = 0
  document.title = TITLE
  showError(undefined)
}
