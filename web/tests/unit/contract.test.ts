/**
 * Compile-time check (`npm run check`): what the server's schema promises fits what the pages read.
 * Literal unions are widened first, because the server documents states as plain text.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type * as hand from '@/api/types'
import type * as builder from '@/api/types.builder'
import type { Emissions } from '@/api/types.emissions'
import type { Exemptions } from '@/api/types.exemptions'
import type { components } from '@/api/schema'

type Wide<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean
  : T extends readonly unknown[] ? (number extends T['length'] ? Wide<T[number]>[] : { [K in keyof T]: Wide<T[K]> })
  : T extends object ? { [K in keyof T]: Wide<T[K]> } : T
/** The document names fields as Python does where the answer carries the alias (`class`, `from`, "1"). */
type Alias = { class_: 'class'; from_: 'from'; one: '1'; two: '2'; three: '3' }
type Named<T> = T extends readonly unknown[] ? (number extends T['length'] ? Named<T[number]>[] : { [K in keyof T]: Named<T[K]> })
  : T extends object ? { [K in keyof T as K extends keyof Alias ? Alias[K] : K]: Named<T[K]> } : T
type S = { [K in keyof components['schemas']]: Named<components['schemas'][K]> }
type Fits<Server extends Client, Client> = [Server, Client] extends [never, never] ? never : true

export type Contract = [
  Fits<S['SessionOut'], Wide<hand.Session>>,
  Fits<S['Overview'], Wide<hand.Overview>>,
  Fits<S['MapPoint'], Wide<hand.MapEnterprise>>,
  Fits<S['Links'], Wide<hand.LinkPage>>,
  Fits<Omit<S['DeviceDetail'], 'commands'>, Wide<Omit<hand.DeviceDetail, 'commands'>>>,
  Fits<Omit<S['CommandRow'], 'params' | 'result'>, Wide<Omit<hand.DeviceCommand, 'params' | 'result'>>>,
  Fits<S['DeviceFrame'], Wide<hand.DeviceFrame>>,
  Fits<S['Gap'], Wide<hand.Gap>>,
  Fits<S['Activation'], Wide<hand.Activation>>,
  Fits<S['ProfileRow'], Wide<hand.ProfileRow>>,
  Fits<S['Transmission'], Wide<hand.TransmissionPage>>,
  Fits<S['Faults'], Wide<hand.FaultPage>>,
  Fits<S['FrameOut'], Wide<hand.FrameDetail>>,
  Fits<S['LatestRow'], Wide<hand.LatestRow>>,
  Fits<S['Curve'], Wide<hand.Curve>>,
  Fits<S['MarkRow'], Wide<hand.MarkRow>>,
  Fits<S['IndustryRow'], Wide<hand.Industry>>,
  Fits<S['Emissions'], Wide<Emissions>>,
  Fits<S['Exemptions'], Wide<Exemptions>>,
  Fits<hand.MarkInput, Partial<S['MarkIn']>>,
  Fits<S['EnterpriseRow'], Wide<hand.EnterpriseRow>>,
  Fits<S['EnterpriseDetail'], Wide<hand.EnterpriseDetail>>,
  Fits<S['LimitRow'], Wide<hand.HeldLimit>>,
  Fits<S['StandardDetail'], Wide<hand.StandardDetail>>,
  Fits<S['AppliedOut'], Wide<hand.AppliedLimits>>,
  Fits<hand.PermitLimit, S['PermitLimitIn']>,
  Fits<S['KindRow'], Wide<hand.RecordKind>>,
  Fits<S['RecordRow'], Wide<hand.RecordRow>>,
  Fits<S['BatchDetail'], Wide<hand.BatchDetail>>,
  Fits<S['RegionRow'], Wide<hand.Region>>,
  Fits<S['FactorRow'], Wide<hand.Factor>>,
  Fits<S['ModelRow'], Wide<hand.ModelRow>>,
  Fits<S['ModelDetail'], Wide<hand.ModelDetail>>,
  Fits<Omit<S['Clues'], 'counts'>, Wide<Omit<hand.CluePage, 'counts'>>>,
  Fits<Omit<S['ClueDetail'], 'findings'>, Wide<Omit<hand.ClueDetail, 'findings'>>>,
  Fits<hand.Decision, Partial<S['DecideIn']>>,
  Fits<S['NoticeRow'], Wide<hand.NoticeRow>>,
  Fits<S['NoticeDetail'], Wide<hand.NoticeDetail>>,
  Fits<S['Orders'], Wide<hand.OrderPage>>,
  Fits<S['OrderDetail'], Wide<hand.OrderDetail>>,
  Fits<S['Officer'], Wide<hand.OfficerRow>>,
  Fits<Omit<S['Home'], 'outlets'>, Wide<Omit<hand.PortalHome, 'outlets'>>>,
  Fits<S['TodoItem'], Wide<hand.TodoItem>>,
  Fits<S['FileRow'], Wide<hand.FileRow>>,
  Fits<Omit<S['ModelThresholds'], 'defaults' | 'items'>, Wide<Omit<hand.ModelThresholds, 'defaults' | 'items'>>>,
  Fits<Omit<S['ThresholdRow'], 'levels' | 'texts'>, Wide<Omit<hand.ThresholdRow, 'levels' | 'texts'>>>,
  Fits<S['SuppressionRow'], Wide<hand.SuppressionRow>>,
  Fits<S['Delay'], Wide<hand.Evaluation['delay']>>,
  Fits<Omit<S['BuilderOut'], 'blocks'>, Wide<Omit<builder.Builder, 'blocks'>>>,
  Fits<S['BlockOut'], Wide<builder.BuilderBlock>>,
  Fits<S['Reading'], Wide<builder.Reading>>,
  Fits<S['OwnRows'], Wide<builder.OwnPage>>,
  Fits<Omit<S['OwnOut'], 'form'>, Wide<Omit<builder.OwnDetail, 'form'>>>,
  Fits<Omit<S['BacktestOut'], 'result' | 'error'>, Wide<Omit<hand.Backtest, 'result' | 'error'>>>,
]

describe('contract', () => {
  it('is written down: the description of the API is there to compare with', () => {
    const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as { paths: Record<string, unknown> }
    expect(Object.keys(document.paths)).toContain('/api/session')
  })
})
