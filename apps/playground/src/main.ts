import { createChart } from './chart.js'
import { loadDigits } from './digits.js'
import {
  chartElement,
  clearFacts,
  type Options,
  offerWorkers,
  onCommands,
  showError,
  showFacts,
  showRunning,
  showStatus,
} from './view.js'

/** The digits, and the engine: a chunk of its own, so that the page is there before it. */
const load = () => Promise.all([loadDigits('digits.bin'), import('./training.js')])

const chart = createChart(chartElement)
let loading = load()
let controller: AbortController | undefined

offerWorkers(navigator.hardwareConcurrency || 1)
showRunning(false)
onCommands(
  options => void run(options),
  () => {
    showStatus('Stopping…')
    controller?.abort()
  },
)
loading.then(ready, fail)

function ready(): void {
  const way = globalThis.crossOriginIsolated
    ? 'Workers share memory with this page.'
    : 'This page is not cross-origin isolated, so buffers are handed over to workers.'
  showStatus(`The digits are ready. ${way}`)
}

function fail(error: unknown): void {
  showStatus('Failed.')
  showError(error)
}

async function run(options: Options): Promise<void> {
  controller = new AbortController()
  const { signal } = controller
  clearFacts()
  chart.clear()
  showRunning(true)
  showStatus('Loading the digits…')
  try {
    loading = loading.catch(load)
    const [digits, { trainDigits }] = await loading
    signal.throwIfAborted()
    showStatus('Training…')
    await trainDigits(digits, options, signal, facts => {
      showFacts(facts)
      const { steps, loss, accuracy } = facts
      if (steps && loss !== undefined) chart.addLoss(...steps, loss)
      if (accuracy !== undefined) chart.addAccuracy(accuracy)
    })
    showStatus('Done.')
  } catch (error) {
    if (signal.aborted) showStatus('Stopped.')
    else fail(error)
  } finally {
    showRunning(false)
  }
}
