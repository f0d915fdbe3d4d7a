/** The tokens of look/tokens.css in Ant Design's names. */

import type { ThemeConfig } from "antd";

/** @param touch larger targets, for a thumb. */
export function staffTheme(touch: boolean, still: boolean): ThemeConfig {
  return {
    zeroRuntime: true,
    hashed: false,
    token: {
      colorPrimary: "#0b6e8f",
      colorInfo: "#0b6e8f",
      colorLink: "#0b6e8f",
      colorSuccess: "#1b7f4b",
      colorWarning: "#9a6200",
      colorError: "#b3261e",
      colorTextBase: "#17202b",
      colorText: "#17202b",
      colorTextSecondary: "#5a6675",
      colorTextTertiary: "#5a6675",
      colorTextDescription: "#5a6675",
      colorTextPlaceholder: "#5a6675",
      colorTextHeading: "#17202b",
      colorBgLayout: "#f6f7f9",
      colorBorder: "#c6ced6",
      colorBorderSecondary: "#e3e7ec",
      colorSplit: "#e3e7ec",
      fontFamily: "var(--face)",
      fontSize: 15,
      borderRadius: 8,
      borderRadiusLG: 12,
      controlHeight: touch ? 48 : 40,
      lineHeight: 1.6,
      motion: !still,
    },
    components: {
      Table: { headerBg: "#ffffff", headerColor: "#5a6675", cellPaddingBlockMD: 10, cellPaddingInlineMD: 12, rowHoverBg: "#f1f6f8" },
      Button: { primaryShadow: "none", defaultShadow: "none", dangerShadow: "none", fontWeight: 500 },
    },
  };
}
