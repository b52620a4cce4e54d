/** Lint rules: the recommended sets, and the size rules of STYLE.md. */
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.gen.ts"] },
  ...tseslint.configs.strict,
  reactHooks.configs.flat.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    rules: {
      complexity: ["error", 12],
      "max-lines": ["error", { max: 250, skipBlankLines: true }],
      "no-console": "error",
      "no-eval": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "react-hooks/set-state-in-effect": "off",
    },
  },
);
