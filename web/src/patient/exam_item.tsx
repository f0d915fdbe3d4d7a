import { Fragment } from "react";

import { itemsOf } from "../text/format";
import "./exam_item.css";

/** What the hospital calls the exam. Where it lists several items, a line ends between two of them, not within a name. */
export function ExamItem({ item }: { item: string }) {
  return itemsOf(item).map((one, place, all) => (
    <Fragment key={place}>
      {all[place - 1]?.endsWith(";") && " "}
      <span className="exam-item">{one}</span>
    </Fragment>
  ));
}
