import { describe, expect, it } from "vitest";

import { checkTexts } from "./check_texts";
import { en } from "./en";
import { translator } from "./index";
import { zhCN } from "./zh-CN";

describe("the words of the patient pages", () => {
  checkTexts({ zhCN, en, translator, plain: ["language.switch", "language.label", "report.percent", "viewer.windowShort", "viewer.scale"] });

  it("choose between one and many in English", () => {
    const t = translator("en");
    expect(t("exam.imagesAll", { n: 1 })).toBe("1 image");
    expect(t("exam.imagesAll", { n: "1,204" })).toBe("1,204 images");
  });
});
