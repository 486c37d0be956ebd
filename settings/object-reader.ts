import type { Kind } from "../components/internal/validate";

/** Notes what is wrong with the value at a place such as `issuers[1].domains[0]`. */
export type Fault = (place: string, what: string) => void;

/**
 * Reads one object of a setting field by field, and notes what is wrong with it; a field at fault is read as undefined.
 */
export class ObjectReader {
  private readonly known: string[] = [];

  /** @param place Where the object is, such as `issuers[1]`. */
  constructor(
    private readonly place: string,
    private readonly fields: Record<string, unknown>,
    private readonly fault: Fault,
  ) {}

  text(field: string, kind: Kind): string | undefined {
    return this.required(field, kind.wanted)
      ? this.checked(this.at(field), this.fields[field], kind)
      : undefined;
  }

  /** @param fallback What stands for a field that is not given. */
  textOr<Fallback extends string | undefined>(
    field: string,
    kind: Kind,
    fallback: Fallback,
  ): string | Fallback | undefined {
    return this.has(field) ? this.checked(this.at(field), this.fields[field], kind) : fallback;
  }

  texts(field: string, kind: Kind): string[] | undefined {
    return this.required(field, wantedOf(kind)) ? this.checkedItems(field, kind) : undefined;
  }

  /** @param fallback What stands for a field that is not given. */
  textsOr(field: string, kind: Kind, fallback: string[]): string[] | undefined {
    return this.has(field) ? this.checkedItems(field, kind) : fallback;
  }

  /** One of some words; the first where none is given. */
  choice<Word extends string>(field: string, words: [Word, ...Word[]]): Word | undefined {
    if (!this.has(field)) {
      return words[0];
    }
    const value = this.fields[field];
    const found = words.find((word) => word === value);
    if (found === undefined) {
      this.refuse(this.at(field), value, `one of ${words.join(", ")}`);
    }
    return found;
  }

  /** A whole number above 0; 0 where none is given. */
  numberOrNone(field: string): number | undefined {
    if (!this.has(field)) {
      return 0;
    }
    const value = this.fields[field];
    if (Number.isSafeInteger(value) && Number(value) > 0) {
      return Number(value);
    }
    this.refuse(this.at(field), value, "a whole number above 0");
    return undefined;
  }

  /** Notes every field that nothing here has asked for. */
  refuseUnknown(): void {
    for (const field of Object.keys(this.fields).filter((name) => !this.known.includes(name))) {
      this.fault(this.at(field), `is not a field: take it out, or give one of ${this.known.join(", ")}`);
    }
  }

  private has(field: string): boolean {
    this.known.push(field);
    return Object.hasOwn(this.fields, field);
  }

  private required(field: string, wanted: string): boolean {
    const given = this.has(field);
    if (!given) {
      this.fault(this.at(field), `is not set: give ${wanted}`);
    }
    return given;
  }

  private checked(place: string, value: unknown, kind: Kind): string | undefined {
    if (typeof value === "string" && kind.holds(value)) {
      return value;
    }
    this.refuse(place, value, kind.wanted);
    return undefined;
  }

  private checkedItems(field: string, kind: Kind): string[] | undefined {
    const items = this.fields[field];
    if (!Array.isArray(items)) {
      this.refuse(this.at(field), items, wantedOf(kind));
      return undefined;
    }
    const read = items.map((item, index) => this.checked(`${this.at(field)}[${index}]`, item, kind));
    return read.includes(undefined) ? undefined : (read as string[]);
  }

  private refuse(place: string, value: unknown, wanted: string): void {
    const text = JSON.stringify(value);
    // What is long is content, of a private key perhaps.
    this.fault(place, `${text.length > 100 ? "its value" : text} will not do: give ${wanted}`);
  }

  private at(field: string): string {
    return `${this.place}.${field}`;
  }
}

function wantedOf(kind: Kind): string {
  return `a list of texts, each ${kind.wanted}`;
}

/** Whether a value of JSON is a list of objects. */
export function isListOfObjects(value: unknown): value is Record<string, unknown>[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === "object" && item !== null && !Array.isArray(item))
  );
}
