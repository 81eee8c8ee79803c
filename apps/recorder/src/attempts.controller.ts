import { Controller } from '@nestjs/common'
import type { LogBatch } from '@hooklane/core/kernel'
import { OnBatch } from '@hooklane/kafka/host'
import { Recorder } from './recorder.js'

/** Reads what dispatchers report: attempts and settlements on one topic, dead letters on the other. */
@Controller()
export class AttemptsController {
  constructor(private readonly recorder: Recorder) {}

  @OnBatch('attempts')
  onAttempts(batch: LogBatch): void {
    this.recorder.onBatch(batch)
  }

  @OnBatch('dead-letters')
  onDeadLetters(batch: LogBatch): void {
    this.recorder.onBatch(batch)
  }
}
