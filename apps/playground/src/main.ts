import { createChart } from './chart.js'
import { loadDigits } from './digits.js'
import { trainDigits } from './training.js'
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

const chart = createChart(chartElement)
const loading = loadDigits('digits.bin')
let controller: AbortController | undefined

offerWorkers(navigator.hardwareConcurrency || 1)
showRunning(false)
onCommands(
  options => void run(options),
  () => controller?.abort(),
)
loading.then(ready, showError)

function ready(): void {
  const way = globalThis.crossOriginIsolated
    ? 'Workers share memory with this page.'
    : 'This page is not cross-origin isolated, so buffers are handed over to workers.'
  showStatus(`The digits are ready. ${way}`)
}

async function run(options: Options): Promise<void> {
  controller = new AbortController()
  clearFacts()
  chart.clear()
  showRunning(true)
  showStatus('Training…')
  try {
    const digits = await loading
    await trainDigits(digits, options, controller.signal, ({ step, ...facts }) => {
      showFacts(facts)
      if (step !== undefined && facts.loss !== undefined) chart.addLoss(step, facts.loss)
      if (facts.accuracy !== undefined) chart.addAccuracy(facts.accuracy)
    })
    showStatus('Done.')
  } catch (error) {
    if (controller.signal.aborted) showStatus('Stopped.')
    else {
      showStatus('Failed.')
      showError(error)
    }
  } finally {
    showRunning(false)
  }
}
