import { parser } from "@prometheus-io/lezer-promql";
import type { Sample, Samples } from "./exposition";

/** A series that an expression asks for. */
export interface Selector {
  /** As it is written. */
  text: string;
  metric: string;
  /** Whether a series of the metric with these labels is one of those asked for. */
  matches: (labels: Record<string, string>) => boolean;
}

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

type Value = number | Sample[];

/**
 * An expression of PromQL, parsed by Prometheus' own grammar. As much of it can be evaluated as the rules of this program
 * need: instant values, comparisons and arithmetic between numbers and vectors of the same labels, and set operators;
 * whatever else is asked throws.
 */
export class PromQl {
  private readonly root: SyntaxNode;

  /** @throws Error when the grammar does not know this text. */
  constructor(private readonly text: string) {
    const tree = parser.parse(text);
    tree.iterate({
      enter: ({ type, from }) => {
        if (type.isError) {
          throw new Error(`not PromQL from character ${from} on: ${text}`);
        }
      },
    });
    this.root = tree.topNode.firstChild!;
  }

  /** Every series that it asks for. */
  get selectors(): Selector[] {
    const found: Selector[] = [];
    this.root.cursor().iterate((node) => {
      if (node.name === "VectorSelector") {
        found.push(this.selector(node.node));
      }
    });
    return found;
  }

  /** What an alert with this expression fires for: one for each series of the answer. */
  evaluate(samples: Samples, now: Date): Sample[] {
    const value = this.valueOf(this.root, samples, now.getTime() / 1000);
    if (typeof value === "number") {
      throw new Error(`a number is no condition of an alert: ${this.text}`);
    }
    return value;
  }

  private valueOf(node: SyntaxNode, samples: Samples, now: number): Value {
    const inner = (child: SyntaxNode) => this.valueOf(child, samples, now);
    switch (node.name) {
      case "ParenExpr":
        return inner(node.getChild("Expr")!);
      case "NumberDurationLiteral":
        return Number(this.textOf(node));
      case "VectorSelector":
        return this.select(this.selector(node), samples);
      case "FunctionCall":
        return this.call(node, inner, now);
      case "AggregateExpr":
        return this.aggregate(node, inner);
      case "BinaryExpr":
        return this.binary(node, inner);
      default:
        throw this.unknown(node);
    }
  }

  private selector(node: SyntaxNode): Selector {
    const matchers = node
      .getChildren("LabelMatchers")
      .flatMap((all) => all.getChildren("UnquotedLabelMatcher"))
      .map((matcher) => {
        const name = this.textOf(matcher.getChild("LabelName")!);
        const wanted = JSON.parse(this.textOf(matcher.getChild("StringLiteral")!)) as string;
        const matches = matchings[this.textOf(matcher.getChild("MatchOp")!)];
        if (!matches) {
          throw this.unknown(matcher);
        }
        // A label that is not there is the same as an empty one.
        return (labels: Record<string, string>) => matches(labels[name] ?? "", wanted);
      });
    return {
      text: this.textOf(node),
      metric: this.textOf(node.getChild("Identifier")!),
      matches: (labels) => matchers.every((matches) => matches(labels)),
    };
  }

  private select({ metric, matches }: Selector, samples: Samples): Sample[] {
    return (samples.get(metric) ?? [])
      .filter(({ labels }) => matches(labels))
      .map(({ labels, value }) => ({ labels: { ...labels, __name__: metric }, value }));
  }

  private call(node: SyntaxNode, inner: (child: SyntaxNode) => Value, now: number): Value {
    const name = this.textOf(node.getChild("FunctionIdentifier")!);
    const args = node.getChild("FunctionCallBody")!.getChildren("Expr");
    if (name === "time" && args.length === 0) {
      return now;
    }
    const [value] = args.map(inner);
    if (name === "vector" && typeof value === "number") {
      return [{ labels: {}, value }];
    }
    if (name === "absent" && Array.isArray(value)) {
      return value.length === 0 ? [{ labels: {}, value: 1 }] : [];
    }
    throw this.unknown(node);
  }

  private aggregate(node: SyntaxNode, inner: (child: SyntaxNode) => Value): Value {
    const [argument] = node.getChild("FunctionCallBody")!.getChildren("Expr").map(inner);
    if (this.textOf(node.getChild("AggregateOp")!) !== "count" || node.getChild("AggregateModifier")) {
      throw this.unknown(node);
    }
    const { length } = argument as Sample[];
    return length === 0 ? [] : [{ labels: {}, value: length }];
  }

  private binary(node: SyntaxNode, inner: (child: SyntaxNode) => Value): Value {
    const [left, right] = node.getChildren("Expr").map(inner) as [Value, Value];
    const operator = node.firstChild!.nextSibling!.name;
    if (node.getChild("BoolModifier") ?? node.getChild("MatchingModifierClause")) {
      throw this.unknown(node);
    }
    if (operator === "Or" || operator === "And" || operator === "Unless") {
      return bySets(operator, left as Sample[], right as Sample[]);
    }
    const compare = comparisons[operator];
    const calculate = calculations[operator];
    if (compare) {
      return pairs(left, right)
        .filter(({ one, other }) => compare(one.value, other.value))
        .map(({ one, other }) => (typeof left === "number" ? other : one));
    }
    if (!calculate) {
      throw this.unknown(node);
    }
    if (typeof left === "number" && typeof right === "number") {
      return calculate(left, right);
    }
    return pairs(left, right).map(({ one, other }) => ({
      labels: withoutName(typeof left === "number" ? other : one),
      value: calculate(one.value, other.value),
    }));
  }

  private textOf({ from, to }: SyntaxNode): string {
    return this.text.slice(from, to);
  }

  private unknown(node: SyntaxNode): Error {
    return new Error(`${node.name} is not understood here: ${this.textOf(node)}`);
  }
}

const matchings: Record<string, (value: string, wanted: string) => boolean> = {
  "=": (value, wanted) => value === wanted,
  // The whole value has to match.
  "=~": (value, wanted) => new RegExp(`^(?:${wanted})$`, "s").test(value),
};

const comparisons: Record<string, (one: number, other: number) => boolean> = {
  Eql: (one, other) => one === other,
  Lss: (one, other) => one < other,
  Gtr: (one, other) => one > other,
};

const calculations: Record<string, (one: number, other: number) => number> = {
  Add: (one, other) => one + other,
  Sub: (one, other) => one - other,
  Mul: (one, other) => one * other,
};

/** Each value with its counterpart: a number with every one, vectors by their labels but for the name. */
function pairs(left: Value, right: Value): { one: Sample; other: Sample }[] {
  if (typeof left === "number" && typeof right === "number") {
    throw new Error("two numbers are compared with bool only");
  }
  if (typeof left === "number") {
    return (right as Sample[]).map((other) => ({ one: { labels: {}, value: left }, other }));
  }
  if (typeof right === "number") {
    return left.map((one) => ({ one, other: { labels: {}, value: right } }));
  }
  return left.flatMap((one) =>
    right.filter((other) => identity(one) === identity(other)).map((other) => ({ one, other })),
  );
}

function bySets(operator: "Or" | "And" | "Unless", left: Sample[], right: Sample[]): Sample[] {
  const has = (all: Sample[], sample: Sample) => all.some((other) => identity(other) === identity(sample));
  if (operator === "Or") {
    return [...left, ...right.filter((sample) => !has(left, sample))];
  }
  return left.filter((sample) => has(right, sample) === (operator === "And"));
}

function withoutName({ labels }: Sample): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== "__name__"));
}

function identity(sample: Sample): string {
  return JSON.stringify(Object.entries(withoutName(sample)).sort());
}
