/** A list of the desk: a table where there is room, cards on a phone. Both are read by the same columns. */

import { Empty, Skeleton, Table } from "antd";
import type { Key, ReactNode } from "react";

import { useStaffText } from "../text/staff";
import { CROWDED, useMedia } from "./media";

export interface Column<T> {
  key: string;
  title: string;
  render: (row: T) => ReactNode;
  width?: number;
  align?: "right";
  /** On a phone: the card's head, the mark beside it, a line with its title, or its actions. */
  card: "head" | "mark" | "line" | "actions" | "none";
  /** Only where there is plenty of room. */
  wide?: boolean;
  /** On a phone: whether this line says anything of that row. */
  says?: (row: T) => boolean;
}

interface RecordsProps<T> {
  label: string;
  /** undefined while they are on their way. */
  rows: readonly T[] | undefined;
  columns: readonly Column<T>[];
  rowKey: (row: T) => Key;
  empty: { title: string; more?: string };
}

export function Records<T extends object>({ label, rows, columns, rowKey, empty }: RecordsProps<T>) {
  const { t } = useStaffText();
  const narrow = useMedia(CROWDED);
  const roomy = useMedia("(min-width: 1200px)");
  if (rows === undefined) return <Waiting label={t("loading")} />;
  if (rows.length === 0)
    return (
      <div className="records-empty">
        <Empty
          image={Empty.PRESENTED_IMAGE_SIMPLE}
          description={
            <>
              <strong>{empty.title}</strong>
              {empty.more && <p className="quiet small">{empty.more}</p>}
            </>
          }
        />
      </div>
    );
  if (narrow) return <Cards label={label} rows={rows} columns={columns} rowKey={rowKey} />;
  return (
    <div className="records" onKeyDown={walk}>
      <Table<T>
        aria-label={label}
        size="middle"
        pagination={false}
        dataSource={[...rows]}
        rowKey={rowKey}
        columns={columns
          .filter(({ wide }) => roomy || !wide)
          .map(({ key, title, render, width, align }) => ({
            key, title, render: (_: unknown, row: T) => render(row), ...(width && { width }), ...(align && { align }),
          }))}
        onRow={() => ({ onClick: follow })}
      />
    </div>
  );
}

function Cards<T>({ label, rows, columns, rowKey }: Omit<RecordsProps<T>, "rows" | "empty"> & { rows: readonly T[] }) {
  const of = (place: Column<T>["card"]) => columns.filter(({ card }) => card === place);
  return (
    <ul className="cards" aria-label={label}>
      {rows.map((row) => (
        <li key={rowKey(row)} className="card" onClick={follow}>
          <div className="card-top">
            <div className="card-head">
              {of("head").map(({ key, render }) => (
                <span key={key}>{render(row)}</span>
              ))}
            </div>
            {of("mark").map(({ key, render }) => (
              <span key={key}>{render(row)}</span>
            ))}
          </div>
          <dl className="card-lines small">
            {of("line")
              .filter(({ says }) => says === undefined || says(row))
              .map(({ key, title, render }) => (
                <div key={key}>
                  <dt>{title}</dt>
                  <dd>{render(row)}</dd>
                </div>
              ))}
          </dl>
          {of("actions").map(({ key, render }) => (
            <div key={key} className="card-actions">
              {render(row)}
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** A press anywhere on a row that has a link opens it; one that marks text, or meets a control, does not. */
function follow(event: React.MouseEvent<HTMLElement>) {
  const target = event.target as HTMLElement;
  if (target.closest("a, button, input, dialog") || window.getSelection()?.toString()) return;
  event.currentTarget.querySelector<HTMLAnchorElement>("a.record-link")?.click();
}

/** ↑ and ↓ go from one row's link to the next. */
export function walk(event: React.KeyboardEvent<HTMLElement>) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>("a.record-link")];
  const here = links.indexOf(document.activeElement as HTMLAnchorElement);
  if (here === -1) return;
  const next = links[here + (event.key === "ArrowDown" ? 1 : -1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function Waiting({ label }: { label: string }) {
  return (
    <div className="records-waiting" aria-busy="true" role="status">
      <span className="hidden">{label}</span>
      {[0, 1, 2, 3, 4, 5].map((row) => (
        <Skeleton key={row} active={false} title={false} paragraph={{ rows: 1, width: "100%" }} />
      ))}
    </div>
  );
}
