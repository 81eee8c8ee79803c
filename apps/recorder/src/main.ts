import { runService } from '@hooklane/runtime'
import { readRecorderSettings } from './settings.js'
import { startRecorder } from './start-recorder.js'

await runService('recorder', readRecorderSettings, startRecorder)
