/** All tools with their keys: the rest of the controls and the help in one. Read from the tools' table. */
import { useText, type TextKey } from "../../text";
import type { Screen } from "../state/screen";
import type { Store } from "../state/store";
import type { View } from "../state/view";
import { TOOLS, type Tool } from "../tools";
import { keyName } from "./key_name";
import { useStore } from "./use_store";
import { apply } from "./apply";

const GROUPS: readonly { id: string; label: TextKey; has: (tool: Tool) => boolean; rate?: boolean }[] = [
  { id: "preset", label: "viewer.groups.preset", has: (tool) => tool.kind === "command" && tool.group === "preset" },
  { id: "view", label: "viewer.groups.view", has: (tool) => tool.kind === "command" && tool.group === "view" },
  { id: "use", label: "viewer.groups.use", has: (tool) => tool.kind === "drag" },
  { id: "play", label: "viewer.groups.play", has: (tool) => tool.kind === "command" && tool.group === "play", rate: true },
  { id: "move", label: "viewer.groups.move", has: (tool) => tool.kind === "command" && tool.group === "move" },
];

export function Panel({ view, screen }: { view: Store<View>; screen: Screen }) {
  const { t } = useText();
  useStore(screen.shown, (s) => s.frame !== null);
  const now = useStore(view, (v) => v);
  const scene = screen.scene();
  return (
    <section className="viewer-panel" aria-label={t("viewer.more")} data-own-gestures>
      {GROUPS.map((group) => {
        const tools = (TOOLS as readonly Tool[]).filter((tool) => group.has(tool) && tool.availableIn(scene));
        if (tools.length === 0) return null;
        return (
          <div key={group.id} className="viewer-group" data-group={group.id} role="group" aria-label={t(group.label)}>
            <h2>
              {t(group.label)}
              {group.rate && <span className="viewer-second">{t("viewer.rate", { n: now.rate })}</span>}
            </h2>
            <div className="viewer-chips">
              {tools.map((tool) => (
                <button
                  key={tool.id}
                  type="button"
                  className="viewer-chip"
                  aria-pressed={tool.kind === "drag" ? tool.id === now.tool : tool.active?.(now)}
                  onClick={() => apply(tool, view, screen)}
                >
                  {t(tool.label)} <kbd>{keyName(tool.hotkey)}</kbd>
                </button>
              ))}
            </div>
          </div>
        );
      })}
      <p className="viewer-second" data-for="mouse">{t("viewer.helpMouse")}</p>
      <p className="viewer-second" data-for="mouse">{t("viewer.helpKeys")}</p>
      <p className="viewer-second" data-for="touch">{t("viewer.helpTouch")}</p>
      <p className="viewer-second">{t("viewer.disclaimer")}</p>
    </section>
  );
}
