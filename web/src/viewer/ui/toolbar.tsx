/** The controls that everybody sees, and one button for the rest. */
import { useText } from "../../text";
import type { Screen } from "../state/screen";
import type { Store } from "../state/store";
import type { View } from "../state/view";
import { TOOLS, type Tool } from "../tools";
import { Icon } from "./icons";
import { keyName } from "./key_name";
import { useStore } from "./use_store";
import { apply } from "./apply";

interface ToolbarProps {
  view: Store<View>;
  screen: Screen;
  open: boolean;
  onMore: () => void;
}

const EVERYDAY: readonly Tool[] = TOOLS.filter((tool: Tool) => tool.everyday);

export function Toolbar({ view, screen, open, onMore }: ToolbarProps) {
  const { t } = useText();
  useStore(screen.shown, (s) => s.frame !== null); // what is available depends on what is shown
  const { tool: held, playing } = useStore(view, (v) => v);
  const scene = screen.scene();
  return (
    <div className="viewer-toolbar" role="toolbar" aria-label={t("viewer.groups.use")}>
      {EVERYDAY.map((tool) => {
        const pressed = tool.kind === "drag" ? tool.id === held : (tool.active?.(view.get()) ?? false);
        const pausing = tool.id === "play" && playing;
        return (
          <button
            key={tool.id}
            type="button"
            className="viewer-tool"
            aria-pressed={pressed}
            aria-keyshortcuts={tool.hotkey === " " ? "Space" : tool.hotkey.toUpperCase()}
            disabled={!tool.availableIn(scene)}
            onClick={() => apply(tool, view, screen)}
          >
            <Icon name={pausing ? "pause" : tool.icon} />
            <span>{t(pausing ? "viewer.tools.pause" : tool.label)}</span>
            <kbd>{keyName(tool.hotkey)}</kbd>
          </button>
        );
      })}
      <button type="button" className="viewer-tool" aria-expanded={open} onClick={onMore}>
        <Icon name="more" />
        <span>{t(open ? "viewer.less" : "viewer.more")}</span>
        <kbd>?</kbd>
      </button>
    </div>
  );
}
