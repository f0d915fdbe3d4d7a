import { useRef, useState } from "react";

import "./digits.css";

interface DigitsProps {
  length: number;
  value: string;
  onChange: (digits: string) => void;
  label: string;
  /** Id of the text that explains the field. */
  describedBy: string;
  invalid: boolean;
  autoComplete: "one-time-code" | "off";
  /** An ID card's number may end with X. */
  mayBeX?: boolean;
}

/** One real field with a number pad, drawn as boxes: it can be typed, pasted, filled by the phone and read aloud. */
export function Digits({ length, value, onChange, label, describedBy, invalid, autoComplete, mayBeX = false }: DigitsProps) {
  const field = useRef<HTMLInputElement>(null);
  const [focused, setFocused] = useState(false);
  return (
    <div className={`digits${invalid ? " digits-wrong" : ""}`}>
      <input
        ref={field}
        className="digits-field"
        type="text"
        inputMode={mayBeX ? "text" : "numeric"}
        pattern={mayBeX ? "[0-9Xx]*" : "[0-9]*"}
        autoComplete={autoComplete}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        value={value}
        onChange={(event) => onChange((mayBeX ? idTailIn : digitsIn)(event.target.value).slice(0, length))}
        onFocus={(event) => {
          setFocused(true);
          event.target.setSelectionRange(value.length, value.length);
        }}
        onBlur={() => setFocused(false)}
      />
      {Array.from({ length }, (_, place) => (
        <span key={place} className={focused && place === Math.min(value.length, length - 1) ? "digit digit-next" : "digit"} aria-hidden="true">
          {value[place] ?? ""}
        </span>
      ))}
    </div>
  );
}

/** Digits of what was typed or pasted; full-width ones are digits too. */
export function digitsIn(text: string): string {
  return text.normalize("NFKC").replace(/\D/g, "");
}

/** The same of an ID card's tail, whose last character may be X. */
export function idTailIn(text: string): string {
  return text.normalize("NFKC").toUpperCase().replace(/[^0-9X]/g, "");
}
