import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strict],
    languageOptions: { globals: globals.browser },
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
      "max-lines": ["error", 400],
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  {
    files: ["src/viewer/**/*.{ts,tsx}"],
    rules: { "no-restricted-imports": ["error", { patterns: ["**/patient/*", "**/staff/*"] }] },
  },
  {
    files: ["src/api/**/*.ts", "src/state/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: ["**/patient/*", "**/viewer/*", "react*"] }] },
  },
);
