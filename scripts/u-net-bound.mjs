// Says what no schedule of U-Net costs less than, where its plans are dearest: a quarter of an hour, not part of the tests.
import { uNetBound } from '@wengert/bench'

for (const fraction of [0.03, 0]) {
  console.log(`u-net at ${fraction}: no schedule costs less than ${uNetBound(fraction).toFixed(2)} % more`)
}
