/** Mantine's theme: our colours, type and defaults. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const tide: MantineColorsTuple = [
  "#e6f6f8",
  "#d1ebef",
  "#a5d7df",
  "#74c1ce",
  "#4db0c0",
  "#33a4b7",
  "#1f93a7",
  "#0b7488",
  "#086173",
  "#004c5c",
];

/** Neutral greys with a little blue; the dark scheme's surfaces are the last ones. */
const slate: MantineColorsTuple = [
  "#c8ced4",
  "#aeb6bf",
  "#8d97a2",
  "#66707b",
  "#3b444c",
  "#2c343b",
  "#1f262b",
  "#161b1f",
  "#101417",
  "#0b0e10",
];

/** The head of a dialog is no second banner of the page. */
const PLAIN_HEADER = { header: { role: "presentation" } };

export const theme = createTheme({
  primaryColor: "tide",
  primaryShade: 7,
  colors: { tide, dark: slate },
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", "Liberation Mono", Menlo, monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5" },
  headings: { fontWeight: "620", sizes: { h1: { fontSize: "20px" }, h2: { fontSize: "16px" }, h3: { fontSize: "14px" } } },
  defaultRadius: 8,
  cursorType: "pointer",
  focusRing: "auto",
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    InputWrapper: { styles: { label: { marginBottom: 5, fontSize: 13, fontWeight: 560 } } },
    Select: { defaultProps: { size: "sm", comboboxProps: { shadow: "md" } } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: false, fz: 12 } },
    Drawer: { defaultProps: { overlayProps: { backgroundOpacity: 0.25 }, attributes: PLAIN_HEADER } },
    Modal: { defaultProps: { attributes: PLAIN_HEADER } },
    Menu: { defaultProps: { shadow: "md", radius: 10 } },
  },
});
