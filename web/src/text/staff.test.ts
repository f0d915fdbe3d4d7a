import { describe } from "vitest";

import { checkTexts } from "./check_texts";
import { staffTranslator } from "./staff";
import { staffEn } from "./staff.en";
import { staffZhCN } from "./staff.zh-CN";

describe("the words of the staff's pages", () => {
  checkTexts({ zhCN: staffZhCN, en: staffEn, translator: staffTranslator, plain: ["language.switch", "language.label"] });
});
