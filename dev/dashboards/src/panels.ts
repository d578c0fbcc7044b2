import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** Of 24 columns. */
const columns = { stat: 4, chart: 8 };

export interface Panel {
  readonly title: string;
  /** What it says, and what to do about it. */
  readonly description: string;
  /** PromQL; of several, each by the name that its legend shows (`{{label}}` is filled in). */
  readonly queries: Readonly<Record<string, string>>;
  /** As Grafana spells units: `ms`, `s`, `short`, `reqps`, `currencyUSD`. */
  readonly unit: string;
  /** What stands there while no process has said anything of it. */
  readonly noValue?: string;
}

export interface Stat extends Panel {
  /** From here on it is orange, and red. Without: it has no colour. */
  readonly warnsAt?: readonly [orange: number, red: number];
}

/** The one that is chosen at the top of the dashboard. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
export const datasource = { type: "prometheus", uid: "${datasource}" };

const targets = ({ queries }: Panel) =>
  Object.entries(queries).map(([legend, expr], index) =>
    new DataqueryBuilder()
      .datasource(datasource)
      .refId(String.fromCharCode(65 + index))
      .expr(expr)
      .legendFormat(legend),
  );

const steps = ([orange, red]: readonly [number, number]) =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: "green" },
    { value: orange, color: "orange" },
    { value: red, color: "red" },
  ]);

/** One figure, as it is at the end of the time that is looked at. */
export function stat(panel: Stat): StatBuilder {
  const builder = new StatBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(datasource)
    .unit(panel.unit)
    .noValue(panel.noValue ?? "no data")
    .span(columns.stat)
    .height(4)
    .graphMode(BigValueGraphMode.Area)
    .colorMode(panel.warnsAt ? BigValueColorMode.Value : BigValueColorMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .targets(targets(panel));
  return panel.warnsAt ? builder.thresholds(steps(panel.warnsAt)) : builder;
}

/** Lines over time; stacked where together they are one amount. */
export function chart(panel: Panel, stacking = StackingMode.None): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(datasource)
    .unit(panel.unit)
    .min(0)
    .noValue(panel.noValue ?? "no data")
    .span(columns.chart)
    .height(8)
    .fillOpacity(stacking === StackingMode.None ? 5 : 40)
    .stacking(new StackingConfigBuilder().mode(stacking))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .calcs(["lastNotNull", "max"]),
    )
    .targets(targets(panel));
}

export const stacked = (panel: Panel): TimeseriesBuilder => chart(panel, StackingMode.Normal);
