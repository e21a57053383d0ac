import { forLoop, grad, valueAndGrad, tensor } from './dist/index.js'
const N = +(process.argv[2] ?? 4096)
const x0 = tensor(Float32Array.from({ length: N }, (_, k) => k / N))
const T = 300
const dyn = y => { for (let k = 0; k < T; k++) { y = y.sub(y.sin().mul(0.01)); if (k % 50 === 0) y.sum().item() } return y.sum() }
const memory = process.argv[3]
const g = grad(dyn, { dynamic: true, memory: memory === 'none' ? undefined : memory })
{ const c = process.cpuUsage(); g(x0); console.log("first cpu", process.cpuUsage(c).user/1000) }
for (let i = 0; i < 10; i++) { const c = process.cpuUsage(), t = performance.now(); g(x0); const d = process.cpuUsage(c); console.log((performance.now() - t).toFixed(0), "cpu", ((d.user + d.system) / 1000).toFixed(0)) }
